import typer
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
commands = typer.Typer()


@commands.command()
def vacuum(url: str) -> None:
    with create_engine(url).connect() as connection:
        connection.execute(text("VACUUM"))


@app.get("/")
def home() -> str:
    return "ok"
