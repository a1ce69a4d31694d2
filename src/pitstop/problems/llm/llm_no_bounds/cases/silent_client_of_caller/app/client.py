from elsewhere import make_client
from openai import AsyncOpenAI

client: AsyncOpenAI = make_client()
