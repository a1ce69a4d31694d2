from fastapi import FastAPI

app = FastAPI()
ROWS = [f"Row number {number} of the table" for number in range(2_000)]
asked: list[int] = []


@app.get("/rows")
async def rows() -> list[str]:
    asked.append(1)
    return [*ROWS, str(len(asked))]
