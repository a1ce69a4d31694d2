from fastapi import FastAPI


def create_test_app() -> FastAPI:
    app = FastAPI(debug=True)
    return app
