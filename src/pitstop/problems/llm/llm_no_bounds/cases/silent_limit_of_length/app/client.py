from openai import AsyncOpenAI

client = AsyncOpenAI(api_key="secret")
