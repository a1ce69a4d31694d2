from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/a", response_model=None)
async def answer_0() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/b", response_model=None)
async def answer_1() -> JSONResponse:
    raise HTTPException(404, "none")


@app.get("/health", response_model=None)
async def answer_2() -> JSONResponse:
    return JSONResponse({"database": "down"}, status_code=503)


@app.get("/db/ready", response_model=None)
async def answer_3() -> JSONResponse:
    return JSONResponse({"database": "down"}, status_code=503)


@app.get("/oauth/token", response_model=None)
async def answer_4() -> JSONResponse:
    return JSONResponse({"error": "invalid_grant"}, status_code=400)


@app.get("/oauth/revoke", response_model=None)
async def answer_5() -> JSONResponse:
    return JSONResponse({"error": "invalid_token"}, status_code=400)


@app.get("/calls/a", response_model=None)
async def answer_6() -> JSONResponse:
    return JSONResponse({"jsonrpc": "2.0", "error": {}}, status_code=400)


@app.get("/calls/b", response_model=None)
async def answer_7() -> JSONResponse:
    return JSONResponse({"jsonrpc": "2.0", "error": {}}, status_code=400)
