from fastapi import FastAPI

from store import page

app = FastAPI()


@app.get("/events")
def events(skip: int = 0) -> dict[str, object]:
    return page(skip)
