from fastapi import FastAPI

app = FastAPI()


@app.get("/points")
async def points():
    return [{"x": number, "y": number * 2} for number in range(1000)]
