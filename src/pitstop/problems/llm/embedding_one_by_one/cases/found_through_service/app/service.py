from app.embedder import Embedder


class Documents:
    def __init__(self) -> None:
        self.embedder = Embedder()

    async def add(self, texts: list[str]) -> int:
        found = []
        for text in texts:
            found.append(await self.embedder.embed(text))
        return len(found)
