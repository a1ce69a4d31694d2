from fastapi import APIRouter, FastAPI

from feed import router

many = APIRouter(prefix="/admin")


def nothing() -> None:
    return None


for number in range(600):
    many.add_api_route(f"/tables/{number}", nothing)

app = FastAPI()
app.include_router(many)
app.include_router(router)
