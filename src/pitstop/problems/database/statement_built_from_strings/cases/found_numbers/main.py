from fastapi import FastAPI

from database import run

app = FastAPI()


@app.get("/users/of/{age}")
def users(age: int) -> list[int]:
    return run(f"DELETE FROM users WHERE age = {age} RETURNING id")
