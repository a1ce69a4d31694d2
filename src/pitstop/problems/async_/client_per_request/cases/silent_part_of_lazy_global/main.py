import storage
from fastapi import FastAPI

app = FastAPI()


@app.get("/logs")
async def logs() -> str:
    return await storage.get_storage().read("app")
