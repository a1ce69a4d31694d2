from fastapi import FastAPI

admin = FastAPI()


def nothing() -> None:
    return None


for number in range(300):
    admin.add_api_route(f"/tables/{number}", nothing)

app = FastAPI()
app.mount("/admin", admin)


@app.get("/feed")
async def feed() -> int:
    return 1
