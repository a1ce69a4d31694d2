from fastapi import FastAPI, Request

from .limits import install_limits


def create_app() -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def add_request_id(request: Request, call_next):
        response = await call_next(request)
        response.headers["X-Request-Id"] = request.headers.get("X-Request-Id", "none")
        return response

    install_limits(app)

    @app.get("/ping")
    async def ping() -> str:
        return "pong"

    return app
