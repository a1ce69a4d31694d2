from fastapi import FastAPI

app = FastAPI()


@app.get("/sums/{below}")
async def sums(below: int) -> int:
    return sum(pow(number, 3, 97) for number in range(below))
