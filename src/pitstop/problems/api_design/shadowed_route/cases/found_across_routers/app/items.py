from fastapi import APIRouter

router = APIRouter(prefix="/items")


@router.get("/{item_id}")
def item(item_id: str) -> str:
    return item_id
