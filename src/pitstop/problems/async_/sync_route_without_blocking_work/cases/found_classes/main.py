from typing import Annotated

from fastapi import Depends, FastAPI, Request

app = FastAPI()


async def session(request: Request) -> str:
    return request.app.state.session


class Repository:
    def __init__(self, session: Annotated[str, Depends(session)]) -> None:
        self.session = session


class Users(Repository):
    pass


class Accounts:
    """What accounts do."""

    def __init__(self, users: Annotated[Users, Depends()], size: int = 20) -> None:
        self.users = users
        self.session = users.session
        self.size = size


@app.get("/size")
async def size(accounts: Annotated[Accounts, Depends()]) -> int:
    return accounts.size
