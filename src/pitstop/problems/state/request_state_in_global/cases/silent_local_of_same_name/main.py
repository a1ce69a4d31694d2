from fastapi import FastAPI

app = FastAPI()
answer: dict[str, str] = {}


@app.get("/one/{name}")
def one(name: str) -> dict[str, str]:
    answer = {}
    answer[name] = name
    return answer


@app.get("/two")
def two() -> dict[str, str]:
    return answer
