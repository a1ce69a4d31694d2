from starlette.middleware.gzip import GZipMiddleware

from app.factory import create_app

app = create_app()
app.add_middleware(GZipMiddleware, minimum_size=500)
