import time
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/events")
def events() -> StreamingResponse:
    def numbers() -> Iterator[str]:
        for number in range(10):
            time.sleep(1)
            yield str(number)

    return StreamingResponse(numbers())
