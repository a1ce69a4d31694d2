import httpx
import jwt


class Verifier:
    def __init__(self) -> None:
        self.jwks_uri = "https://login.example/keys"

    async def verify(self, token: str) -> dict:
        kid = jwt.get_unverified_header(token)["kid"]
        return jwt.decode(token, await self.key(kid), algorithms=["RS256"])

    async def key(self, kid: str) -> jwt.PyJWK:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(self.jwks_uri)
        return next(jwt.PyJWK(key) for key in answer.json()["keys"] if key["kid"] == kid)
