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
