from fastapi import FastAPI

app = FastAPI()


@app.get("/points")
async def points():
    return [{"x": x, "y": x * x} for x in range(100)]
