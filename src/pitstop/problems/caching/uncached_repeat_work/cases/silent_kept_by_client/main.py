from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/sum")
def sums(response: Response) -> int:
    response.headers["Cache-Control"] = "private, max-age=60"
    return sum(number * number % 7 for number in range(2_000_000))


@app.get("/health")
def health() -> int:
    return sum(number * number % 7 for number in range(2_000_000))
