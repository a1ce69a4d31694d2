from fastapi import Depends, FastAPI

from app.repository import Votes

app = FastAPI()


def votes() -> Votes: ...


@app.post("/votes")
def vote(value: int, repository: Votes = Depends(votes)) -> None:
    repository.add(value)
