from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/a", response_model=None)
async def answer_0() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/b", response_model=None)
async def answer_1() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/c", response_model=None)
async def answer_2() -> JSONResponse:
    return JSONResponse({"error": "none"}, status_code=400)
