import time

from taskiq_redis import ListQueueBroker

broker = ListQueueBroker("redis://localhost")


@broker.task
async def send() -> None:
    time.sleep(1)
