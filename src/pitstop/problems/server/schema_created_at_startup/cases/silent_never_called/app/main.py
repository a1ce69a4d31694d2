from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home() -> str:
    return "ok"


def create_tables() -> None:
    from app.models import Base, engine

    Base.metadata.create_all(engine)
