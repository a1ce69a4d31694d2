from fastapi import FastAPI

app = FastAPI()


@app.post("/items")
def create(name: str) -> str:
    return name
