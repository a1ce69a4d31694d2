import os

import boto3
import stripe
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()


class Shelf:
    def __init__(self) -> None:
        self.store = boto3.Session().client("s3")
        self.model = OpenAI()


shelf = Shelf()


@app.put("/covers/{isbn}")
async def keep_cover(isbn: str, url: str) -> dict[str, str]:
    shelf.store.put_object(Bucket="covers", Key=isbn, Body=url.encode())
    return {"isbn": isbn}


@app.get("/blurbs/{isbn}")
async def blurb(isbn: str) -> str | None:
    answer = shelf.model.with_options(timeout=10).chat.completions.create(
        model=os.environ["MODEL"], max_tokens=200, messages=[{"role": "user", "content": isbn}]
    )
    return answer.choices[0].message.content


@app.post("/orders/{customer}")
async def order(customer: str, price: str) -> str:
    known = stripe.Customer.retrieve(customer)
    session = stripe.checkout.Session.create(
        customer=known.id, mode="payment", line_items=[{"price": price, "quantity": 1}], success_url="https://shelf.example"
    )
    return session.id
