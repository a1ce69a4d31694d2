from fastapi import FastAPI
from openai import AsyncOpenAI
from redis.asyncio import Redis
from types_boto3_s3.client import S3Client

app = FastAPI()
model = AsyncOpenAI()
cache = Redis.from_url("redis://cache")


@app.get("/blurbs/{isbn}")
async def blurb(isbn: str) -> str:
    known = await cache.get(isbn)
    if known:
        return known
    answer = await model.responses.create(model="small", input=isbn, max_output_tokens=200, timeout=10)
    await cache.set(isbn, answer.output_text)
    return answer.output_text


@app.get("/covers")
async def covers(client: S3Client) -> list[str]:
    keys = []
    async for page in client.get_paginator("list_objects_v2").paginate(Bucket="covers"):
        keys += [each["Key"] for each in page["Contents"]]
    return keys
