from typing import Annotated

from fastapi import Cookie, Depends


def optional_user(name: Annotated[str | None, Cookie()] = None) -> str | None:
    return name


CurrentUser = Annotated[str | None, Depends(optional_user)]
