from fastapi import APIRouter, FastAPI

app = FastAPI()
admin = FastAPI()
first = APIRouter(prefix="/first")
second = APIRouter(prefix="/second")


@app.get("/{name}")
def named(name: str) -> str:
    return name


@admin.get("/health")
def health() -> str:
    return "well"


@first.get("/{name}")
def first_named(name: str) -> str:
    return name


@second.get("/top")
def top() -> str:
    return "top"


app.include_router(first)
app.include_router(second)
