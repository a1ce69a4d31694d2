from fastapi import Depends, FastAPI

app = FastAPI()


_tokens = {}


def caller(token: str) -> str:
    return _tokens.setdefault(token, token[::-1])


@app.get("/me")
def me(who: str = Depends(caller)) -> str:
    return who
