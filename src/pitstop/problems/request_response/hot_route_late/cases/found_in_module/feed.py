from fastapi import APIRouter

router = APIRouter()


@router.get("/feed/{user}")
async def feed(user: str) -> str:
    return user
