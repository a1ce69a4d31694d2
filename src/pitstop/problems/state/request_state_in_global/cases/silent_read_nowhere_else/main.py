from fastapi import FastAPI

app = FastAPI()
visitors: dict[str, str] = {}


@app.get("/visit/{name}")
def visit(name: str) -> int:
    visitors[name] = name
    return len(visitors)
