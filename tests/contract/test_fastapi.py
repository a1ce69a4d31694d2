"""Documents as FastAPI writes them: real apps before and after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Query, UploadFile
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, Field

from .documents import severities

B, W, I = "breaking", "warning", "info"  # noqa: E741  # one letter each keeps the table readable
Handler = Callable[..., Any]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    meow: str


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    bark: int


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int


class Open(BaseModel):
    a: int


class Priced(BaseModel):
    price: Decimal


class Page(BaseModel):
    items: list[Priced]
    total: int


class PageWithNext(BaseModel):
    items: list[Priced]
    total: int
    following: str | None = None


def document(handler: Handler, *, method: str = "post", path: str = "/items", **route: Any) -> dict[str, Any]:
    app = FastAPI()
    handler.__name__ = "handler"
    app.add_api_route(path, handler, methods=[method], **route)
    return app.openapi()


def made(annotation: Any) -> dict[str, Any]:
    """The document of an app that answers so."""

    def handler() -> Any: ...

    return document(handler, response_model=annotation)


def read(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The document of an app that takes one value so."""

    def handler(value: Any) -> None: ...

    handler.__annotations__["value"] = annotation
    handler.__defaults__ = None if default is ... else (default,)
    return document(handler)


ANSWERS: list[tuple[Any, Any, dict[str, str]]] = [
    (int, int, {}),
    (int, int | None, {"response-body-became-nullable": B}),
    (int | None, int, {"response-body-became-not-nullable": I}),
    (int, float, {"response-body-type-widened": B}),
    (datetime, str, {"response-body-format-removed": B}),
    (UUID, str, {"response-body-format-removed": B}),
    (str, Color, {"response-body-enum-added": I}),
    (Color, str, {"response-body-enum-removed": B}),
    (Cat | Dog, Dog | Cat, {}),
    (Cat, Cat | Dog, {"response-body-alternative-added": B}),
    (Annotated[Cat | Dog, Field(discriminator="kind")], Cat | Dog, {}),
    (Cat | Dog, Dog, {"response-body-alternative-removed": I}),
    (dict[str, int], dict[str, float], {"response-property-type-widened": B}),
    (dict[str, int], dict[str, Any], {"response-body-schema-removed": W}),
    (dict[str, Any], Cat, {"response-body-schema-added": I}),
    (list[int], set[int], {"response-body-unique-items-added": I}),
    (tuple[int, str], tuple[int, str], {}),
    (tuple[int, str], tuple[int, int], {"response-property-type-changed": B}),
    (None, Cat, {"response-body-schema-added": I}),
    (Cat, None, {"response-body-schema-removed": W}),
    (Node, Node, {}),
    (list[Node], Node, {"response-body-type-changed": B}),
    (Page, PageWithNext, {"response-property-added": I}),
    (PageWithNext, Page, {"response-property-removed": W}),
]  # fmt: skip


def without_words(found: dict[str, str]) -> dict[str, str]:
    """Pydantic writes a title for each model and property."""
    return {rule: severity for rule, severity in found.items() if "documentation" not in rule}


@pytest.mark.parametrize(("before", "after", "found"), ANSWERS, ids=range(len(ANSWERS)))
def test_answers(before: Any, after: Any, found: dict[str, str]) -> None:
    assert without_words(severities(made(before), made(after))) == found


PARAMETER, PROPERTY = "request-parameter", "request-property"
VALUES: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    (read(int), read(int, 1), {f"{PARAMETER}-became-optional": I}),
    (read(int, 1), read(int), {f"{PARAMETER}-became-required": B}),
    (read(int, 1), read(int, 2), {f"{PARAMETER}-default-changed": B}),
    (read(int | None, None), read(int, 2), {f"{PARAMETER}-default-added": W}),
    (read(str | None, None), read(str | None, None), {}),
    (read(Annotated[int, Query(le=100)]), read(Annotated[int, Query(le=50)]), {f"{PARAMETER}-maximum-lowered": B}),
    (read(Annotated[int, Query(gt=0)]), read(Annotated[int, Query(ge=1)]), {}),
    (read(Annotated[str, Query(max_length=5)]), read(str), {f"{PARAMETER}-max-length-removed": I}),
    (read(Annotated[str, Query(pattern="^a")]), read(Annotated[str, Query(pattern="^b")]), {f"{PARAMETER}-pattern-changed": W}),
    (read(str), read(Color), {f"{PARAMETER}-enum-added": B}),
    (read(str), read(Literal["red", "blue"]), {f"{PARAMETER}-enum-added": B}),
    (read(Color), read(Literal["red", "blue"]), {}),
    (read(Color), read(Literal["red"]), {f"{PARAMETER}-enum-value-removed": B}),
    (read(str), read(UUID), {f"{PARAMETER}-format-added": B}),
    (read(str), read(Annotated[list[str], Query()]), {f"{PARAMETER}-type-widened": I}),
    (read(Annotated[str, Query()]), read(Annotated[str, Header()]), {f"{PARAMETER}-removed": W, "request-required-parameter-added": B}),
    (read(Annotated[str, Cookie()]), read(Annotated[str, Header()]), {f"{PARAMETER}-removed": W, "request-required-parameter-added": B}),
    (read(Annotated[int, Query()]), read(Annotated[int, Query(deprecated=True)]), {f"{PARAMETER}-deprecated": I}),
    (read(Annotated[int, Query()]), read(Annotated[int, Body()]), {f"{PARAMETER}-removed": W, "request-required-body-added": B}),
    (read(Open), read(Strict), {"request-body-additional-properties-refused": B}),
    (read(Strict), read(Open), {"request-body-additional-properties-allowed": I}),
    (read(Open), read(Open | None, None), {"request-body-became-optional": I, "request-body-became-nullable": I}),
    (read(Annotated[Cat | Dog, Field(discriminator="kind")]), read(Cat), {"request-body-alternative-removed": B}),
    (read(Node), read(Node), {}),
    (read(Annotated[int, Form()]), read(Annotated[str, Form()]), {f"{PROPERTY}-type-widened": I}),
    (read(Annotated[int, Form()]), read(Annotated[int, Body(embed=True)]), {"request-media-type-removed": B, "request-media-type-added": I}),
    (read(UploadFile), read(Annotated[bytes, File()]), {}),
    (read(UploadFile), read(list[UploadFile]), {f"{PROPERTY}-type-changed": B}),
    (read(Annotated[str, Form()]), read(UploadFile), {"request-media-type-removed": B, "request-media-type-added": I}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "found"), VALUES, ids=range(len(VALUES)))
def test_values(before: dict[str, Any], after: dict[str, Any], found: dict[str, str]) -> None:
    assert without_words(severities(before, after)) == found


def route(**given: Any) -> dict[str, Any]:
    def handler() -> None: ...

    return document(handler, **given)


def test_routes() -> None:
    plain = route()
    assert severities(plain, route(status_code=201)) == {"response-success-status-changed": B}
    assert severities(plain, route(deprecated=True)) == {"operation-deprecated": I}
    assert severities(plain, route(path="/items/"))["trailing-slash-changed"] == W
    text = route(response_class=PlainTextResponse)
    assert severities(plain, text) == {"response-media-type-removed": B, "response-media-type-added": I}
    more = route(responses={404: {"model": Open, "description": "None"}})
    assert severities(plain, more) == {"response-error-status-added": I}
    assert severities(plain, route(status_code=204)) == {
        "response-success-status-changed": B,
        "response-body-removed": B,
    }


def test_a_parameter_of_the_path_may_be_called_otherwise() -> None:
    def one(item_id: int) -> None: ...

    def other(number: int) -> None: ...

    before = document(one, method="get", path="/items/{item_id}")
    after = document(other, method="get", path="/items/{number}")
    assert set(without_words(severities(before, after))) == {"operation-id-changed"}
    assert severities(document(one, path="/items/{item_id}"), document(one, path="/items/{item_id}/x"))[
        "operation-removed"
    ] == B  # fmt: skip


def secured(*schemes: Any) -> dict[str, Any]:
    return route(dependencies=[Depends(scheme) for scheme in schemes])


def test_security() -> None:
    key, bearer, oauth = APIKeyHeader(name="X-Key"), HTTPBearer(), OAuth2PasswordBearer(tokenUrl="token")
    assert severities(secured(), secured(key)) == {"security-added": B}
    assert severities(secured(key), secured()) == {"security-removed": W}
    assert severities(secured(oauth), secured(bearer)) == {}
    assert severities(secured(oauth), secured(key)) == {"security-changed": B}
    assert severities(secured(key), secured(key, bearer)) == {"security-alternative-added": W}
    renamed = OAuth2PasswordBearer(tokenUrl="login")
    assert severities(secured(oauth), secured(renamed)) == {"security-url-changed": W}


def test_webhooks_and_callbacks() -> None:
    def app(model: Any) -> dict[str, Any]:
        service, callbacks = FastAPI(), APIRouter()

        def sold(body: Any) -> None: ...

        sold.__annotations__["body"] = model
        service.webhooks.post("sold")(sold)
        callbacks.post("{$callback_url}/sold")(sold)
        service.post("/orders", callbacks=callbacks.routes)(lambda: None)
        return service.openapi()

    assert severities(app(Cat), app(Cat)) == {}
    found = without_words(severities(app(Cat), app(Cat | Dog)))
    assert found == {
        "webhook-request-body-alternative-added": B,
        "callback-request-body-alternative-added": B,
    }
