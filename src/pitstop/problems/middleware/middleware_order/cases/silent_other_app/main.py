from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

public = FastAPI()
public.add_middleware(CORSMiddleware, allow_origins=["*"])
private = FastAPI()


@private.middleware("http")
async def only_with_key(request: Request, call_next):
    if "x-api-key" not in request.headers:
        return JSONResponse({"detail": "no key"}, status_code=401)
    return await call_next(request)
