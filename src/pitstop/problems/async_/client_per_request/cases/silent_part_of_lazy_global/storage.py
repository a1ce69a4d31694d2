import httpx

_storage: "Storage | None" = None


class Storage:
    def __init__(self, host: str) -> None:
        self._client = httpx.AsyncClient(base_url=host)

    async def read(self, name: str) -> str:
        return (await self._client.get(name)).text


def get_storage() -> Storage:
    global _storage
    if _storage is not None:
        return _storage
    try:
        _storage = Storage("https://logs.example")
    except OSError:
        raise RuntimeError("no storage") from None
    return _storage
