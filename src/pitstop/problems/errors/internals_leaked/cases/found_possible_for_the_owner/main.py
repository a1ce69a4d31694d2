import os

from fastapi import Depends, FastAPI, Header, HTTPException

from jobs import run, stored

app = FastAPI()


def owner(password: str = Header()) -> None:
    if password != os.environ["PASSWORD"]:
        raise HTTPException(401)


@app.post("/jobs", dependencies=[Depends(owner)])
def start(name: str) -> str:
    try:
        return run(name)
    except Exception as failed:
        raise HTTPException(status_code=500, detail=str(failed)) from failed


@app.get("/jobs")
def jobs() -> str:
    try:
        return stored()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
