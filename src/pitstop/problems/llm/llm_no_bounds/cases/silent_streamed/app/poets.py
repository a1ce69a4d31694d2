from app.client import client


class Poet:
    async def write(self, theme: str) -> str:
        answer = await client.chat.completions.create(
            stream=True, model="small", messages=[{"role": "user", "content": theme}]
        )
        return "".join([part.choices[0].delta.content or "" async for part in answer])
