from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware)
outer = FastAPI()
outer.mount("/api", app)
app = FastAPI()
app.add_middleware(GZipMiddleware)
outer.mount("/admin", app)
