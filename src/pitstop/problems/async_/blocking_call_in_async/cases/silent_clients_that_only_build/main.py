import boto3
import pymongo
import stripe
from fastapi import FastAPI, Header, Request
from google.cloud import storage
from slack_sdk.signature import SignatureVerifier

app = FastAPI()
store = boto3.client("s3")
bucket = storage.Client().bucket("covers")
notes = pymongo.MongoClient().desk.notes


@app.get("/covers/{isbn}")
async def cover(isbn: str) -> dict[str, str]:
    try:
        url = store.generate_presigned_url("get_object", Params={"Bucket": "covers", "Key": isbn})
    except store.exceptions.ClientError:
        url = ""
    return {"url": url, "blob": bucket.blob(isbn).public_url}


@app.post("/payments")
async def paid(request: Request, stripe_signature: str = Header()) -> str:
    event = stripe.Webhook.construct_event(await request.body(), stripe_signature, "whsec")
    return event["type"]


@app.post("/commands")
async def command(request: Request) -> bool:
    verifier = SignatureVerifier("secret")
    return verifier.is_valid_request(await request.body(), dict(request.headers))


@app.get("/notes")
async def query() -> str:
    return str(notes.find({"open": True}).sort("title"))
