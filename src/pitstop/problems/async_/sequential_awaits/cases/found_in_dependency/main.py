from fastapi import Depends, FastAPI
from openai import AsyncOpenAI

app = FastAPI()
model = AsyncOpenAI()


async def described(text: str) -> tuple[str, str]:
    title = await model.responses.create(model="small", input=f"A title for: {text}")
    summary = await model.responses.create(model="small", input=f"A summary of: {text}")
    return title.output_text, summary.output_text


@app.post("/texts")
async def add(found: tuple[str, str] = Depends(described)) -> tuple[str, str]:
    return found
