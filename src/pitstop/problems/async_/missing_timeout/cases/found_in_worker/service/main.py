from fastapi import FastAPI
from shared import hooks
from shared.queue import enqueue

app = FastAPI()


@app.post("/orders")
def order(number: int) -> int:
    enqueue(hooks.tell, number)
    return number
