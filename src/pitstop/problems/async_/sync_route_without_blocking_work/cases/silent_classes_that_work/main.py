from typing import Annotated

from fastapi import Depends, FastAPI, Request

app = FastAPI()


async def session(request: Request) -> str:
    return request.app.state.session


import hashlib
import socket


class Line:
    def __init__(self, session: Annotated[str, Depends(session)]) -> None:
        self.line = socket.create_connection((session, 80))


class Digest:
    def __init__(self, session: Annotated[str, Depends(session)]) -> None:
        self.digest = hashlib.sha256(session.encode()).hexdigest()


class Slow:
    def __init__(self, session: Annotated[str, Depends(session)]) -> None:
        self.session = session

    @property
    def session(self) -> str:
        return self._session

    @session.setter
    def session(self, value: str) -> None:
        self._session = value * 1_000_000


class Plain:
    def __init__(self, session: str) -> None:
        self.session = session


async def plain(session: Annotated[str, Depends(session)]) -> Plain:
    return Plain(session)


@app.get("/all")
async def all_of_them(
    line: Annotated[Line, Depends()],
    digest: Annotated[Digest, Depends()],
    slow: Annotated[Slow, Depends()],
    plain: Annotated[Plain, Depends(plain)],
) -> str:
    return digest.digest
