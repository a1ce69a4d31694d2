from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, RedirectResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])


@app.middleware("http")
async def shortcuts(request: Request, call_next):
    if request.url.path == "/health":
        return PlainTextResponse("well", status_code=200)
    if request.url.path == "/old":
        return RedirectResponse("/new", status_code=308)
    return await call_next(request)
