from anthropic import AsyncAnthropic
from fastapi import FastAPI

app = FastAPI()
client = AsyncAnthropic()


@app.post("/poems")
async def poem(theme: str) -> str:
    answer = await client.messages.create(model="small", max_tokens=500, messages=[{"role": "user", "content": theme}])
    return answer.content[0].text
