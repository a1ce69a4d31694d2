from fastapi import Depends, FastAPI, Header, HTTPException

from plugins import install, load

app = FastAPI()


def require_admin(key: str = Header()) -> None:
    if key != "secret":
        raise HTTPException(403)


@app.post("/plugins/{name}", dependencies=[Depends(require_admin)])
def add(name: str) -> str:
    try:
        return install(name)
    except Exception as failed:
        raise HTTPException(status_code=500, detail=str(failed)) from failed


@app.get("/orders")
def orders() -> str:
    try:
        return load("orders")
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
