from fastapi import FastAPI

app = FastAPI()
ROWS = [f"Row number {number} of the table" for number in range(2_000)]


@app.get("/few")
async def few() -> list[str]:
    return ROWS[:1_200]
