"""What a report must say of a run that was not whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.settings import load
from pitstop.traces.records import Exchange, Frame, OpenAPI, Refused, Run, Sample, TestOutcome
from pitstop.workload.login import recipe
from pitstop.workload.shortcomings import locked_out, require_answers, require_use, shortcomings

NETWORK = tuple(Refused(what="network", address=f"api{number}.example.com") for number in (1, 2, 2, 3, 4, 5))
DATABASE = Refused(what="postgresql", address="postgresql://127.0.0.1:5432/shop")


def test_other_machines_and_databases_are_told_apart() -> None:
    said = list(shortcomings(Run(refused=(*NETWORK, DATABASE))))
    assert [(each.subject, each.reason.partition(";")[0]) for each in said] == [
        (DATABASE.address, "the service tried to connect to it, and it is not a copy"),
        (
            "api1.example.com, api2.example.com, api3.example.com and 2 more",
            "the service tried to reach it",
        ),
    ]


def test_a_mongodb_that_was_refused_is_told_with_the_way_to_one() -> None:
    run = Run(refused=(Refused(what="mongodb", address="mongodb://127.0.0.1:27017/"),))
    (said,) = shortcomings(run)
    assert "--allow-mongodb" in said.reason
    with pytest.raises(TargetError, match=r"wants the database mongodb://127.0.0.1:27017/") as raised:
        require_answers(run, given=False)
    assert "--allow-mongodb HOST:PORT" in raised.value.hint


def test_a_service_that_answers_nothing_for_want_of_a_database() -> None:
    with pytest.raises(TargetError, match="wants the database postgresql://"):
        require_answers(Run(refused=(*NETWORK, DATABASE)), given=False)
    with pytest.raises(TargetError, match="asked nothing"):
        require_answers(Run(refused=NETWORK), given=False)
    require_answers(
        Run(refused=(DATABASE,), exchanges=(Exchange(key="a#1", method="GET", path="/", status=200),)),
        given=False,
    )


def test_tests_that_fail_are_told_with_what_the_first_said() -> None:
    run = Run(
        tests=(
            TestOutcome(id="a", outcome="error", message=""),
            TestOutcome(id="b", outcome="failed", message='database "test" does not exist\n  more'),
            TestOutcome(id="c", outcome="passed"),
        )
    )
    (said,) = shortcomings(run)
    assert said.reason == (
        '2 of 3 tests fail before anything is changed: a, b; the first failure: database "test" does not exist'
    )


@pytest.mark.parametrize(
    "missing", ["field required (type=value_error.missing)", "Field required [type=missing]"]
)
def test_a_setting_that_tests_fail_without_is_named(missing: str) -> None:
    """Both versions of pydantic."""
    message = f"pydantic.ValidationError: 1 validation error for AppSettings\ndatabase_url\n  {missing}"
    run = Run(tests=(TestOutcome(id="a", outcome="error", message=message),))
    (said,) = shortcomings(run)
    assert said.reason.endswith(
        "the first failure: the settings class AppSettings needs DATABASE_URL, which is not set"
    )
    with pytest.raises(TargetError, match="asked nothing, and its tests fail: the settings class") as raised:
        require_answers(run, given=False)
    assert "`DATABASE_URL=... pitstop ...`" in raised.value.hint


def asked(*files: Path) -> Run:
    samples = [
        Sample(database="", file=str(file), sql="SELECT 1", paramstyle="qmark", values=msgspec.Raw(b"[]"))
        for file in files
    ]
    return Run(samples=tuple(samples))


def test_a_service_that_opens_files_of_its_own(tmp_path: Path) -> None:
    given, own = tmp_path / "copy" / "shop.db", tmp_path / "shop.db"
    with pytest.raises(TargetError, match=r"files of its own: shop\.db") as raised:
        require_use(asked(own), f"sqlite:///{given}", tmp_path)
    assert "database-env" in raised.value.hint


def test_a_service_that_opens_what_it_was_given(tmp_path: Path) -> None:
    given, logs = tmp_path / "shop.db", tmp_path / "logs.db"
    require_use(asked(logs, given), f"sqlite:///{given}", tmp_path)
    require_use(asked(logs, given), "sqlite:///shop.db", tmp_path)
    require_use(Run(), f"sqlite:///{given}", tmp_path)
    require_use(asked(logs), None, tmp_path)
    require_use(asked(logs), "postgresql://127.0.0.1/shop", tmp_path)


def answered(*statuses: int, error: str = "builtins.TypeError", stack: int = 1) -> Run:
    return Run(
        exchanges=tuple(
            Exchange(
                key=f"r#{n}", method="GET", path="/", status=status,
                error=error if status in (0, 500) else "", error_stack=stack if status in (0, 500) else 0,
            )
            for n, status in enumerate(statuses)
        ),
        owners=dict.fromkeys(range(len(statuses)), 1),
        stacks={(1, 1): (Frame("app/db.py", 7, "session"),)},
    )  # fmt: skip


def test_a_service_whose_every_answer_is_an_error_was_not_measured() -> None:
    with pytest.raises(
        TargetError, match=r"every request ended .*, 3 in builtins\.TypeError \(app/db\.py:7\)"
    ):
        require_answers(answered(0, 500, 500), given=False)
    with pytest.raises(TargetError, match=r"every request ended in an error of the service$"):
        require_answers(answered(503, 502), given=False)
    require_answers(answered(500, 404), given=False)
    tested = msgspec.structs.replace(answered(500), tests=(TestOutcome(id="t", outcome="passed"),))
    require_answers(tested, given=False)
    assert not list(shortcomings(tested)), "a test may want an error"


def test_most_answers_being_errors_is_said() -> None:
    (said,) = shortcomings(answered(0, 500, 200))
    assert said.subject == "requests"
    assert said.reason.startswith(
        "2 of 3 ended in an error of the service, 2 in builtins.TypeError (app/db.py:7)"
    )
    assert not list(shortcomings(answered(500, 200, 200)))
    assert not list(shortcomings(Run()))


def asked_of(**statuses: tuple[int, ...]) -> Run:
    """A run that asked routes, each answered with these statuses."""
    document = {
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    }
    return Run(
        exchanges=tuple(
            Exchange(key=f"replay#{route}{number}", method="GET", path="/", route=f"/{route}", status=status)
            for route, each in statuses.items()
            for number, status in enumerate(each)
        ),
        openapi=(OpenAPI(app="main:app", document=msgspec.Raw(msgspec.json.encode(document))),),
    )


def test_routes_behind_a_login_are_told_with_what_opens_them() -> None:
    (said,) = locked_out(asked_of(a=(401, 401), b=(403,), c=(200,)), "main:app")
    assert said.subject == "routes behind a login"
    assert said.reason.startswith("2 of the 3 routes that were called answered nothing but 401 or 403. ")
    assert said.reason.endswith(
        '[tool.pitstop], how requests log in: login = { headers = { "X-Key" = "..." } }'
    )
    assert (said,) == locked_out(asked_of(a=(401, 401), b=(403,), c=(200,)), "other:app"), (
        "by another of its names"
    )
    assert locked_out(asked_of(a=(401, 401), b=(403, 200), c=(200,)), "main:app") == ()
    assert locked_out(asked_of(a=(401,), b=(422,)), "main:app") == ()
    assert locked_out(Run(), "main:app") == ()


FORM = 'form = { username = "...", password = "..." } }'


@pytest.mark.parametrize(
    ("schemes", "line"),
    [
        ({}, f'login = {{ path = "/login", {FORM}'),
        ({"o": {"type": "oauth2", "flows": {"password": {"tokenUrl": "token"}}}}, f'login = {{ path = "/v1/auth/token", {FORM}'),
        ({"o": {"type": "oauth2", "flows": {"password": {"tokenUrl": "http://x/other"}}}}, f'login = {{ path = "/other", {FORM}'),
        ({"c": {"type": "apiKey", "in": "cookie", "name": "sid"}}, 'login = { headers = { "Cookie" = "sid=..." } }'),
        ({"b": {"type": "http", "scheme": "bearer"}}, 'login = { headers = { "Authorization" = "Bearer ..." } }'),
        (
            {"b": {"type": "http", "scheme": "bearer"}, "o": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/x"}}}},
            f'login = {{ path = "/x", {FORM}',
        ),
    ],
)  # fmt: skip
def test_the_line_for_a_login_is_what_the_settings_take(
    tmp_path: Path, schemes: dict[str, object], line: str
) -> None:
    paths: dict[str, object] = {"/v1/auth/token": {"post": {}}, "/v1/x": {"get": {}}}
    assert recipe({"paths": paths, "components": {"securitySchemes": schemes}}) == line
    (tmp_path / "pyproject.toml").write_text(f"[tool.pitstop]\n{line}\n")
    assert load(tmp_path).login is not None
