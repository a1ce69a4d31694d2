from fastapi import FastAPI

app = FastAPI()


@app.get("/feed")
async def feed() -> int:
    return 1


def nothing() -> None:
    return None


for number in range(600):
    app.add_api_route(f"/tables/{number}", nothing)
