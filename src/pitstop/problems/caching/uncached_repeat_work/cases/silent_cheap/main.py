from fastapi import FastAPI

app = FastAPI()


@app.get("/items")
def items() -> list[dict[str, int]]:
    return [{"id": number} for number in range(50)]
