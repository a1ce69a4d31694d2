import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
origins = os.environ.get("ORIGINS", "")
if origins:
    app.add_middleware(CORSMiddleware, allow_origins=origins.split(","))
else:
    app.add_middleware(CORSMiddleware, allow_origin_regex=".*")
