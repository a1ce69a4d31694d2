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


@app.get("/session")
async def whose(users: Annotated[Users, Depends()]) -> str:
    return users.session
