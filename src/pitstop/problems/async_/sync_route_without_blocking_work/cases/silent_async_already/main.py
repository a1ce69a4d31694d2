from fastapi import Depends, FastAPI

app = FastAPI()


async def limit(limit: int = 20) -> int:
    return min(limit, 100)


def counter():
    yield 1


class Page:
    def __init__(self, limit: int = 20) -> None:
        self.limit = limit


@app.get("/items")
async def items(limit: int = Depends(limit), number: int = Depends(counter), page: Page = Depends()) -> int:
    return limit + number + page.limit
