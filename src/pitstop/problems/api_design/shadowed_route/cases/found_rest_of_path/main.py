from fastapi import FastAPI

app = FastAPI()


@app.get("/files/{name:path}")
def file(name: str) -> str:
    return name


@app.get("/files/info/size")
def size() -> int:
    return 0
