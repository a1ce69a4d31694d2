from fastapi.middleware.cors import CORSMiddleware

from app.main import app

app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])
