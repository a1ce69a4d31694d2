from documents import readable
from fastapi import FastAPI

app = FastAPI()


@app.get("/people/{person}/documents")
def documents(person: int) -> list[int]:
    return readable(person)
