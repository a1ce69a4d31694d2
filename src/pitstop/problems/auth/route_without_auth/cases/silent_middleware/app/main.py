from fastapi import FastAPI, Request, Response

from app import boats

app = FastAPI()


@app.middleware("http")
async def gate(request: Request, call_next):
    if request.headers.get("authorization") != "good":
        return Response(status_code=401)
    return await call_next(request)


app.include_router(boats.router)
