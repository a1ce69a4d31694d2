from celery.signals import worker_init
from fastapi import FastAPI
from taskiq import InMemoryBroker

app = FastAPI()
broker = InMemoryBroker()


@broker.on_event("startup")
async def started(state) -> None:
    print("started")


@worker_init.connect
def init(**kwargs) -> None:
    print("init")
