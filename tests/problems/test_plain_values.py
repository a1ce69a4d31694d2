"""`double-validation`: models that are returned as they are, and plain values that something else is done with."""

from __future__ import annotations

from pathlib import Path

import pytest

from .served import client
from .trees import patched, reason, write

DOUBLE = "double-validation"
HEAD = """\
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI, status
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

app = FastAPI()


class Berry(BaseModel):
    kind: str = Field(alias="Kind")
    grams: float
    price: Decimal
    picked: datetime
    key: UUID
    note: str | None = None


class Basket(BaseModel):
    berries: list[Berry]


def berries() -> list[Berry]:
    picked = datetime(2026, 1, 2, tzinfo=UTC)
    return [Berry(Kind="rasp", grams=n, price="1.10", picked=picked, key=UUID(int=int(n))) for n in (1, 2.5)]


"""


def service(body: str, decorator: str = "", returns: str = "") -> str:
    return f'{HEAD}@app.get("/berries"{decorator})\nasync def all_berries(){returns}:\n{body}'


def answer(root: Path) -> tuple[int, list[tuple[str, str]], str]:
    given = client(root)[0].get("/berries")
    return given.status_code, given.headers.multi_items(), given.text


ENCODED = "    return JSONResponse(jsonable_encoder(berries()))\n"


@pytest.mark.parametrize(
    ("given", "line", "returns"),
    [
        (service(ENCODED), "return berries()", " -> list[Berry]"),
        (service(ENCODED, returns=" -> JSONResponse"), "return berries()", " -> list[Berry]"),
        (service(ENCODED, ", response_model=list[Berry]"), "return berries()", ""),
        (service(ENCODED, ", response_model=list[Berry]", " -> Response"), "return berries()", " -> list[Berry]"),
        (service("    return jsonable_encoder(obj=berries())\n"), "return berries()", " -> list[Berry]"),
        (service("    return jsonable_encoder(berries())\n", returns=" -> list[Berry]"), "return berries()", " -> list[Berry]"),
        (
            service("    found = berries()\n    content = jsonable_encoder(found)\n\n    return JSONResponse(content=content, status_code=status.HTTP_200_OK)\n"),
            "found = berries()\n    return found",
            " -> list[Berry]",
        ),
        (service("    return JSONResponse(jsonable_encoder(Basket(berries=berries())))\n"), "return Basket(berries=berries())", " -> Basket"),
    ],
)  # fmt: skip
def test_the_bytes_are_the_same(given: str, line: str, returns: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": given})
    before = answer(root)
    assert '"Kind":"rasp"' in before[2]
    patched(root, DOUBLE)
    text = (root / "main.py").read_text()
    assert f"async def all_berries(){returns}:\n    {line}\n" in text
    assert "jsonable_encoder" not in text
    assert answer(root) == before


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("[berry.model_dump() for berry in berries()]", "berries()"),
        ("[berry.model_dump() for berry in berries() if berry.grams > 1]", "[berry for berry in berries() if berry.grams > 1]"),
        ("[berry.model_dump() for berry in reversed(berries())]", "[berry for berry in reversed(berries())]"),
    ],
)  # fmt: skip
def test_dumped_models(value: str, after: str, tmp_path: Path) -> None:
    given = service(f"    return {value}\n", ", response_model=list[Berry]")
    given = given.replace("    kind: str", "    model_config = {'populate_by_name': True}\n\n    kind: str")
    root = write(tmp_path, {"main.py": given})
    before = answer(root)
    patched(root, DOUBLE)
    assert f"    return {after}\n" in (root / "main.py").read_text()
    assert answer(root) == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (service("    return JSONResponse(jsonable_encoder(berries()), status_code=201)\n"), "of its own"),
        (service("    return JSONResponse(jsonable_encoder(berries()), headers={'a': 'b'})\n"), "of its own"),
        (service(ENCODED, ", response_class=JSONResponse"), "`response_class`"),
        (service(ENCODED, ", response_model_exclude_none=True"), "`response_model_exclude_none`"),
        (service(ENCODED, ", **{}"), "`**`"),
        (service(ENCODED, ", response_model=list[Basket]"), "another type"),
        (service(ENCODED, returns=" -> dict"), "another type"),
        (service(ENCODED + "    # never\n    return None\n"), "several places"),
        (service("    content = jsonable_encoder(berries())\n    print(content)\n    return JSONResponse(content)\n"), "something else is done"),
        (service("    content = jsonable_encoder(berries())\n    print(1)\n    return JSONResponse(content)\n"), "something else is done"),
        (service("    # plain\n    content = jsonable_encoder(berries())\n    return JSONResponse(content)\n"), "a comment speaks"),
        (service(ENCODED) + "\n\nasync def other():\n    return await all_berries()\n", "`other` calls the handler"),
        (service(ENCODED).replace("FastAPI()", "FastAPI(default_response_class=JSONResponse)"), "`default_response_class`"),
    ],
)  # fmt: skip
def test_declined(given: str, words: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": given})
    assert words in reason(root, DOUBLE)
