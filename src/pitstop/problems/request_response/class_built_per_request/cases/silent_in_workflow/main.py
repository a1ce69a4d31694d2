from fastapi import FastAPI, Request
from pydantic import BaseModel
from temporalio import workflow

app = FastAPI()


class Order(BaseModel):
    name: str


def describe() -> dict:
    return Order.model_json_schema()


@workflow.defn
class Delivery:
    @workflow.run
    async def run(self) -> dict:
        return Order.model_json_schema()


@app.post("/orders")
async def start() -> str:
    await workflow.execute_activity(describe)
    return "started"


@app.get("/orders/{order_id}")
async def state(order_id: str, request: Request) -> str:
    handle = request.app.state.engine.handle_of(Delivery.run, order_id)
    return await handle.state()
