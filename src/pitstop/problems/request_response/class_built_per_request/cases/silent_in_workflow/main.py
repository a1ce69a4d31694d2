from fastapi import FastAPI
from pydantic import BaseModel
from temporalio import workflow

app = FastAPI()


class Order(BaseModel):
    name: str


def describe() -> dict:
    return Order.model_json_schema()


@app.post("/orders")
async def start() -> str:
    await workflow.execute_activity(describe)
    return "started"
