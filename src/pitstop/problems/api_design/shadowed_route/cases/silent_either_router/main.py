import os

from fastapi import APIRouter, FastAPI

app = FastAPI()
core = APIRouter(prefix="/api")
plain = APIRouter()
shown = APIRouter()


@plain.get("/docs")
def hidden() -> None: ...


@shown.get("/docs")
def docs() -> str:
    return "documentation"


if os.environ.get("SHOW_DOCS"):
    core.include_router(shown)
else:
    core.include_router(plain)
app.include_router(core)
