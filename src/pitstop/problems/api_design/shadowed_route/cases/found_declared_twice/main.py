from fastapi import FastAPI

app = FastAPI()


@app.delete("/items/{item_id}")
def remove(item_id: int) -> int:
    return item_id


@app.delete("/items/{identifier}")
def remove_item(identifier: int) -> int:
    return identifier
