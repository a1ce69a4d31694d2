import asyncio
from collections.abc import Callable

import sendgrid

QUEUE: list[Callable[[str], None]] = []


class Post:
    def __init__(self) -> None:
        self.client = sendgrid.SendGridAPIClient("key")

    def send(self, text: str) -> None:
        self.client.send(text)


class Task:
    def __init__(self) -> None:
        self.post = Post()

    def __call__(self, text: str) -> None:
        with asyncio.Runner() as runner:
            runner.run(self.run(text))


class Welcome(Task):
    async def run(self, text: str) -> None:
        await asyncio.sleep(0)
        self.post.send(text)


QUEUE.append(Welcome())
