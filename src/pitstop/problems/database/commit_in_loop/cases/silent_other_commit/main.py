import git
from fastapi import FastAPI

app = FastAPI()


@app.post("/save")
def save(names: list[str]) -> None:
    repository = git.Repo(".")
    for name in names:
        repository.index.commit(name)
