from fastapi import APIRouter, Depends

from .service import Catalogue, Item

router = APIRouter(prefix="/shop")


@router.get("/items", response_model=list[Item])
def items(catalogue: Catalogue = Depends(Catalogue)):
    dumped = [item.model_dump() for item in catalogue.items()]
    return dumped
