from fastapi import Depends, FastAPI, Header
from jwt import PyJWKClient, decode

app = FastAPI()


def subject(authorization: str = Header()) -> str:
    client = PyJWKClient("https://login.example/keys")
    key = client.get_signing_key_from_jwt(authorization)
    return decode(authorization, key.key, algorithms=["RS256"])["sub"]


@app.get("/me")
def me(subject: str = Depends(subject)) -> str:
    return subject
