from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

app = FastAPI()


@app.get("/a", response_model=None)
async def a() -> JSONResponse:
    return JSONResponse({"error": "none"}, status_code=404)


@app.get("/b", response_model=None)
async def b() -> JSONResponse:
    return JSONResponse({"error": "none"}, status_code=409)


@app.get("/c")
@app.get("/d")
async def numbered(n: int) -> int:
    return n


@app.get("/e")
@app.get("/f", dependencies=[Depends(HTTPBearer())])
async def refused() -> None:
    raise HTTPException(404)


@app.get("/g", response_model=None)
@app.get("/h", response_model=None)
async def limited() -> JSONResponse:
    return JSONResponse({"limit": 7}, status_code=429)
