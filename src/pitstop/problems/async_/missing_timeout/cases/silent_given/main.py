import smtplib
import urllib.request

import requests
from fastapi import FastAPI

app = FastAPI()
SETTINGS = {"timeout": 5, "verify": True}


def fetch(url: str, timeout: float | None = 3) -> str:
    return requests.get(url, timeout=timeout).text


@app.get("/a")
def a() -> str:
    return requests.get("https://a.example", **SETTINGS).text + fetch("https://b.example")


@app.get("/b")
def b() -> bytes:
    with urllib.request.urlopen("https://b.example", None, 5) as answer:
        return answer.read()


@app.post("/c")
def c(text: str) -> None:
    with smtplib.SMTP("mail.example", 25, timeout=10) as server:
        server.sendmail("shop@shop.example", "desk@shop.example", text)
