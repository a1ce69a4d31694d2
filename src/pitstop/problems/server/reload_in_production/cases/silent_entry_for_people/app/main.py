from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
async def health() -> str:
    return "ok"


if __name__ == "__main__":
    import uvicorn

    uvicorn.run("app.main:app", reload=True)
