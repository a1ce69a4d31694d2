from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI(debug=True)


@app.middleware("http")
async def errors(request: Request, call_next):
    try:
        return await call_next(request)
    except Exception:
        return JSONResponse({"error": "internal"}, status_code=500)


@app.get("/")
def root() -> str:
    return "ok"
