from openai import AsyncOpenAI


class Embedder:
    def __init__(self) -> None:
        self.client = AsyncOpenAI()

    async def embed(self, text: str) -> list[float]:
        return await self._ask(text)

    async def _ask(self, text: str) -> list[float]:
        answer = await self.client.embeddings.create(model="text-embedding-3-small", input=text)
        return answer.data[0].embedding
