from fastapi import FastAPI

from .service import Mailer

app = FastAPI()


@app.post("/mails")
def send(text: str) -> str:
    return Mailer().send(text)
