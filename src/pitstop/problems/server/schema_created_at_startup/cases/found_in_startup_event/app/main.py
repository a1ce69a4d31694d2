from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home() -> str:
    return "ok"


@app.on_event("startup")
def prepare() -> None:
    from app.models import Base, engine

    Base.metadata.create_all(engine)
