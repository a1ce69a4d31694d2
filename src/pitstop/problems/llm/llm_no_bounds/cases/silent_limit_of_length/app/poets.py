from app.client import client


class Poet:
    async def write(self, theme: str) -> str:
        answer = await client.chat.completions.create(
            max_completion_tokens=200, model="small", messages=[{"role": "user", "content": theme}]
        )
        return answer.choices[0].message.content or ""
