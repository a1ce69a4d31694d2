from app.ledger import Ledger
from fastapi import APIRouter

router = APIRouter(prefix="/stock")


@router.post("/{name}")
def add(name: str, amount: int) -> dict[str, str]:
    try:
        Ledger().add(name, amount)
    except Exception as error:
        return {"status": "failed", "message": str(error)}
    return {"status": "ok"}
