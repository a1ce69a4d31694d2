import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
def slow() -> int:
    time.sleep(0.05)
    return 1
