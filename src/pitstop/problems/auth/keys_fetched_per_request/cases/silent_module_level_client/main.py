import jwt
from fastapi import Depends, FastAPI, Header

app = FastAPI()
client = jwt.PyJWKClient("https://login.example/.well-known/jwks.json")


def subject(authorization: str = Header()) -> str:
    key = client.get_signing_key_from_jwt(authorization)
    return jwt.decode(authorization, key.key, algorithms=["RS256"])["sub"]


@app.get("/me")
def me(subject: str = Depends(subject)) -> str:
    return subject
