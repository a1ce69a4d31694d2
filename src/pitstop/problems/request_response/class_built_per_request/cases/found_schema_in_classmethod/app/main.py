from fastapi import Depends, FastAPI

from .models import Item
from .store import Store

app = FastAPI()


@app.get("/items")
def items(store: Store = Depends(Store)) -> list[Item]:
    return store.items()
