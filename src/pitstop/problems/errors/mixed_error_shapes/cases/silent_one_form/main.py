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
    return JSONResponse({"detail": "none", "code": 7}, status_code=400)


@app.get("/d", response_model=None)
async def answer_3() -> JSONResponse:
    return JSONResponse({"code": 7, "hint": "look elsewhere"}, status_code=400)


@app.get("/e", response_model=None)
async def answer_e() -> JSONResponse:
    return JSONResponse({"name": "e"})


@app.get("/f", response_model=None)
async def answer_f() -> JSONResponse:
    return JSONResponse({"name": "f"})
