from app.mail import Mailer


class Welcome:
    def __init__(self) -> None:
        self.mailer = Mailer()

    async def greet(self, to: str) -> None:
        await self.write(to)

    async def write(self, to: str) -> None:
        self.mailer.send(to)
