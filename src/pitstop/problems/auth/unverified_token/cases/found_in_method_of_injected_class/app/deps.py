from typing import Annotated

from fastapi import Depends, Header

from .tokens import Tokens


def user(tokens: Annotated[Tokens, Depends(Tokens)], authorization: Annotated[str, Header()]) -> str:
    return tokens.subject(authorization)
