from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


class Orders:
    @app.post("/orders")
    async def place(self, name: str):
        try:
            return {"name": int(name)}
        except BaseException as error:
            return JSONResponse({"error": repr(error)})

    @app.delete("/orders/{key}", status_code=200)
    async def cancel(self, key: str):
        try:
            return {"key": int(key)}
        except Exception:
            return {"success": False, "data": None}
