from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    print(order_id)


def noop() -> object:
    return notify


class Client:
    async def send(self, order_id: int) -> None:
        print(order_id)


class SyncClient(Client):
    def send(self, order_id: int) -> None:  # type: ignore[override]
        print(order_id)


def client_of(kind: str) -> Client:
    return SyncClient() if kind == "sync" else Client()


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int, tasks: BackgroundTasks) -> None:
    tasks.add_task(notify, order_id)
    client = client_of("sync")
    client.send(order_id)
    await notify(order_id)
