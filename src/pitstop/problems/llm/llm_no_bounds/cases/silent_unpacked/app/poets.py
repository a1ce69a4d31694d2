from app.client import client


SETTINGS = {"model": "small", "timeout": 5}


class Poet:
    async def write(self, theme: str) -> str:
        answer = await client.chat.completions.create(
            **SETTINGS, messages=[{"role": "user", "content": theme}]
        )
        return answer.choices[0].message.content or ""
