from openai import AsyncOpenAI

client = AsyncOpenAI(timeout=20)
