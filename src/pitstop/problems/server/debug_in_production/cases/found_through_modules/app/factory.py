from fastapi import FastAPI


def create_app() -> FastAPI:
    app = FastAPI(debug=True, title="Shop")

    @app.get("/health")
    async def health() -> str:
        return "ok"

    return app
