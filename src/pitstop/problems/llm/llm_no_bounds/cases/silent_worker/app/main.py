from app.poets import Poet


async def work(theme: str) -> str:
    return await Poet().write(theme)
