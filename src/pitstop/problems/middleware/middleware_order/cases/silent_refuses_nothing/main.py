from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
app.add_middleware(GZipMiddleware)


@app.middleware("http")
async def name_it(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-service"] = "shop"
    return response
