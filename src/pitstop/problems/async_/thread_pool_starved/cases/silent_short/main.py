from fastapi import FastAPI

app = FastAPI()


@app.get("/small")
def small() -> int:
    return 1
