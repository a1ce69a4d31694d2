from fastapi import Depends, FastAPI, Header

app = FastAPI()


def language(accept_language: str = Header("en")) -> str:
    return accept_language.lower()


def greeting(accepted: str) -> str:
    return "Hallo" if language(accepted) == "de" else "Hello"


@app.get("/hello")
async def hello(spoken: str = Depends(language)) -> str:
    return greeting(spoken)
