from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

app = FastAPI()


class Job(BaseModel):
    name: str


@app.exception_handler(Exception)
async def all_others(request: Request, error: Exception) -> None:
    raise HTTPException(status_code=500, detail=f"{error}")


@app.get("/jobs/{name}", response_model=Job)
def job(name: str):
    try:
        with open(f"{name}.txt") as file:
            return Job(name=file.read())
    except Exception as error:
        return HTTPException(status_code=500, detail=str(error))


class Outcome(BaseModel):
    ok: bool
    told: str


@app.post("/jobs")
def start(name: str) -> None:
    try:
        with open(f"{name}.txt", "w") as file:
            file.write(name)
    except Exception as error:
        raise HTTPException(status_code=500, detail=Outcome(ok=False, told=str(error))) from error
