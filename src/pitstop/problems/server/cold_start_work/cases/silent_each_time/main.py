from fastapi import FastAPI

app = FastAPI()


@app.get("/sum/{number}")
async def sums(number: int) -> int:
    return sum(pow(each, 3, 97) for each in range(1_500_000)) + number
