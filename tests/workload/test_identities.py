"""Documents whose parameters have ids of rows that are there."""

from __future__ import annotations

from typing import Any

import pytest

from pitstop.target.keys import Keys
from pitstop.workload.identities import with_identities

USERS = Keys(
    table="users",
    own=("id", "email"),
    rows=tuple({"id": number, "email": f"u{number}@example.com"} for number in range(1, 17)),
)
ITEMS = Keys(
    table="order_items",
    own=("id",),
    rows=tuple({"id": 100 + number, "user_id": 1 + number % 3} for number in range(16)),
)
CITIES = Keys(table="city_list", own=("code",), rows=({"code": "AMS"}, {"code": "OSL"}))


def integer(name: str, place: str = "path") -> dict[str, Any]:
    return {"name": name, "in": place, "schema": {"type": "integer"}}


def asked(
    path: str, *parameters: dict[str, Any], method: str = "get", tables: tuple[Keys, ...] = ()
) -> list[Any]:
    document = {"paths": {path: {method: {"parameters": list(parameters)}}}}
    made = with_identities(document, tables or (USERS, ITEMS, CITIES))
    return [each["schema"].get("enum") for each in made["paths"][path][method]["parameters"]]


@pytest.mark.parametrize(
    "path",
    [
        "/users/{user_id}",
        "/api/v1/users/{id}",
        "/admin/{user_id}/ban",
        "/User/{userId}",
        "/users/by-id/{id:int}",
    ],
)
def test_a_parameter_is_found_by_the_path_and_its_name(path: str) -> None:
    name = path.partition("{")[2].partition("}")[0].partition(":")[0]
    assert asked(path, integer(name)) == [[1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize("path", ["/orders/{order_id}", "/users/{page}", "/{id}", "/weather/{number}"])
def test_what_names_no_table_is_left(path: str) -> None:
    name = path.partition("{")[2].partition("}")[0]
    assert asked(path, integer(name)) == [None]


def test_what_tells_rows_apart_is_found_by_its_name() -> None:
    def emails(name: str) -> dict[str, Any]:
        return {"name": name, "in": "path", "schema": {"type": "string"}}

    known = [f"u{number}@example.com" for number in range(1, 7)]
    assert asked("/admin/{user_email}", emails("user_email")) == [known]
    assert asked("/users/by-email/{email}", emails("email")) == [known]
    assert asked("/users/reports/daily/{email}", emails("email")) == [None], "too far from what it names"


def test_a_column_that_refers_to_another_table_is_found_in_the_one_the_path_names() -> None:
    assert asked("/order-items/{user_id}", integer("user_id")) == [[1, 2, 3]]
    assert asked("/reports/{user_id}", integer("user_id")) == [[1, 2, 3, 4, 5, 6]]


def test_what_a_path_calls_a_name_may_be_the_key() -> None:
    named = {"name": "city_name", "in": "path", "schema": {"type": "string"}}
    assert asked("/cities/{city_name}", named) == [["AMS", "OSL"]]
    other = {"name": "street_name", "in": "path", "schema": {"type": "string"}}
    assert asked("/cities/{street_name}", other) == [None]


def test_the_exact_table_comes_before_one_whose_name_is_longer() -> None:
    roles = Keys(table="user_roles", own=("id",), rows=({"id": 900},))
    tests = Keys(table="test_users", own=("id",), rows=({"id": 700},))
    old = Keys(table="old_users", own=("id",), rows=({"id": 800},))
    tables = (roles, tests, old, USERS)
    assert asked("/users/{user_id}", integer("user_id"), tables=tables) == [[1, 2, 3, 4, 5, 6]]
    assert asked("/user-roles/{id}", integer("id"), tables=tables) == [[900]]
    assert asked("/users/{user_id}", integer("user_id"), tables=tables[:3]) == [[700]], (
        "the first of two alike"
    )


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("ties", "tie"),
        ("cities", "city"),
        ("statuses", "status"),
        ("bus", "bus"),
        ("analysis", "analysis"),
        ("boxes", "box"),
    ],
)
def test_a_table_of_many_is_named_by_one(table: str, name: str) -> None:
    tables = (Keys(table=table, own=("id",), rows=({"id": 5},)),)
    assert asked(f"/x/{{{name}_id}}", integer(f"{name}_id"), tables=tables) == [[5]]


def test_what_is_deleted_is_not_what_is_read() -> None:
    (read,) = asked("/users/{user_id}", integer("user_id"))
    (deleted,) = asked("/users/{user_id}", integer("user_id"), method="delete")
    assert deleted
    assert not set(read) & set(deleted)
    code = {"name": "code", "in": "path", "schema": {"type": "string"}}
    assert asked("/cities/{code}", code, method="delete") == [["AMS", "OSL"]], "all of a few"


def test_parameters_of_one_path_come_from_one_row() -> None:
    path = "/users/{user_id}/order-items/{id}"
    assert asked(path, integer("user_id"), integer("id")) == [[1], [100]]
    assert asked(path, integer("user_id"), integer("id"), method="delete") == [[1], [115]]
    email = {"name": "email", "in": "path", "schema": {"type": "string"}}
    assert asked("/users/{user_id}/{email}", integer("user_id"), email) == [[1], ["u1@example.com"]]


def test_values_are_of_the_type_that_the_document_says() -> None:
    text = {"name": "code", "in": "path", "schema": {"type": "string", "maxLength": 3}}
    assert asked("/cities/{code}", text) == [["AMS", "OSL"]]
    assert asked("/cities/{code}", integer("code")) == [None], "no integer is a code"
    assert asked("/users/{id}", {"name": "id", "in": "path", "schema": {"type": "string"}})[0][:2] == [
        "1",
        "2",
    ]


def test_values_that_the_document_says_are_left() -> None:
    for said in ({"enum": ["me"]}, {"type": "string", "const": "me"}):
        document = {
            "paths": {"/users/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "schema": said}]}}}
        }
        assert with_identities(document, (USERS,)) == document


def test_references_in_queries_and_bodies_are_followed() -> None:
    assert asked("/search", integer("user_id", "query"), integer("page_id", "query")) == [
        [1, 2, 3, 4, 5, 6],
        None,
    ]
    namesake = Keys(table="user", own=("id",), rows=({"id": 900},))
    assert asked("/search", integer("user_id", "query"), tables=(USERS, namesake)) == [None], "whose is it"
    either = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    properties = {"user_id": either, "id": {"type": "integer"}, "user_email": {"type": "string"}}
    document = {"paths": {}, "components": {"schemas": {"New": {"properties": properties}, "Any": True}}}
    made = with_identities(document, (USERS,))["components"]["schemas"]["New"]["properties"]
    assert made == {**properties, "user_id": {"type": "integer", "enum": [1, 2, 3, 4, 5, 6]}}
    assert properties["user_id"] is either, "the service's own document stays as it is"


def test_a_parameter_among_the_components_is_followed() -> None:
    shared = {"components": {"parameters": {"User": integer("user_id")}}}
    document = {
        **shared,
        "paths": {"/users/{user_id}": {"get": {"parameters": [{"$ref": "#/components/parameters/User"}]}}},
    }
    made = with_identities(document, (USERS,))
    assert made["components"]["parameters"]["User"]["schema"]["enum"][0] == 1
    path = {"parameters": [integer("user_id")], "get": {}}
    made = with_identities({"paths": {"/users/{user_id}": path}}, (USERS,))
    assert made["paths"]["/users/{user_id}"]["parameters"][0]["schema"]["enum"][0] == 1
