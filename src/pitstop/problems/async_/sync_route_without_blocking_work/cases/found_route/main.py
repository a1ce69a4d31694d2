from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Version(BaseModel):
    name: str
    number: int


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service is up."""
    return {"status": "ok"}


@app.get("/version")
def version() -> Version:
    return Version(name="shop", number=3)
