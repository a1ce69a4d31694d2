from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/v1/a", response_model=None)
async def answer_0() -> JSONResponse:
    return JSONResponse({"error": "none"}, status_code=400)


@app.get("/v1/b", response_model=None)
async def answer_1() -> JSONResponse:
    return JSONResponse({"error": "none"}, status_code=400)


@app.get("/v2/a", response_model=None)
async def answer_2() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/v2/b", response_model=None)
async def answer_3() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/v2/c", response_model=None)
async def answer_4() -> JSONResponse:
    return JSONResponse(["none"], status_code=400)
