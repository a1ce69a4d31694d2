from fastapi import FastAPI

from store import fetch, publish

app = FastAPI()


@app.put("/pages/{name}")
async def copy_page(name: str) -> int:
    text = fetch(name)
    publish(name, text)
    return len(text)
