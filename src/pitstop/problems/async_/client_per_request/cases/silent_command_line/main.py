import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root() -> str:
    return "ok"


def main() -> None:
    with httpx.Client() as client:
        print(client.get("https://pages.example").text)
