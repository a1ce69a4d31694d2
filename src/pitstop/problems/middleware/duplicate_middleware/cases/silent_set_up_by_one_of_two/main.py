from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()


def for_development(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware, allow_origin_regex=".*")


def for_production(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
