# ruff: noqa: PTH123  # the plain form is under test
"""Documentation first."""

from __future__ import annotations

from fastapi import Depends, FastAPI

app = FastAPI()
CONSTANT = 1


def dependency() -> int:
    """Documentation."""
    return CONSTANT  # dependency


@app.get("/{n}")
def branches(n: int, extra: int = Depends(dependency)) -> list[int]:
    if n == 1:
        found = 1  # one
    elif n == 2:  # elif
        found = 2  # two
    else:
        found = (
            3 + extra  # three
        )
    try:
        for number in range(n - 1):
            found += 10 // number  # loop
    except ZeroDivisionError:  # except
        found = 0  # handled
    else:
        found += 0  # no error
    finally:
        found += 0  # finally
    return [
        found
        for _ in range(1)  # comprehension
    ]


async def generator():  # type: ignore[no-untyped-def]  # the plain form is under test
    with open(__file__) as file:  # never
        yield file


@app.get("/raise/x")
def raises() -> None:
    raise LookupError  # raise
