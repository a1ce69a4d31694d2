import asyncio

from fastapi import FastAPI

app = FastAPI()


async def number() -> int:
    await asyncio.sleep(0)
    return 1


def main() -> None:
    asyncio.run(number())


if __name__ == "__main__":
    main()


@app.get("/a")
async def a() -> int:
    return await number()
