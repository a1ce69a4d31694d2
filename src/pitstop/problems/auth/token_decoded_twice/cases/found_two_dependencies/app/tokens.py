from jose import jwt

SECRET = "of the service"


def claims(token: str) -> dict[str, str]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])
