"""What a person can set: `[tool.pitstop]` of the service's pyproject.toml, or a pitstop.toml beside it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from pitstop.budgets import Budget
from pitstop.errors import UsageError

PYPROJECT = "pyproject.toml"
OWN_FILE = "pitstop.toml"
COMMAND_LINE_ONLY = frozenset({"allow_remote_database", "allow_mongodb", "with_llm"})
"""A permission is given once, by the person at the keyboard; a file would give it to everyone for ever."""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Server = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+(:[0-9]{1,5})?$")]
Launches = Annotated[int, msgspec.Meta(ge=2, le=64)]
Questions = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How generated requests are let in: what is sent to log in, and where in the answer the token is.

    path: where the login is sent to, by POST, e.g. `/auth/login`.
    form: its fields, as a form sends them; or
    json: its body, as JSON.
    token: the name of the token in the answer, dotted if it is within another object. Without one cookies are kept.
    header, scheme: how the token is sent, by default `Authorization: Bearer <token>`.
    headers: what each request has besides, e.g. `{ "X-API-Key" = "..." }`; without `path` that alone lets it in.
    """

    path: str = ""
    form: dict[str, str] = {}
    json: dict[str, object] = {}
    token: str = "access_token"
    header: str = "Authorization"
    scheme: str = "Bearer"
    headers: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Raises ValueError where neither a login nor a header is said."""
        if not self.path and not self.headers:
            raise ValueError(
                "it needs `path`, where a login is sent to, or `headers`, which every request has"
            )


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Everything that can be set; what is not set is discovered or has the default shown here.

    In the file a name has hyphens (`database-env`). Paths are relative to the project's root, unless they were given on
    the command line, where they are relative to the current folder.

    app: the application, `module:attribute`, or `module:factory` of a function that makes it. Empty: discovered.
    python: the interpreter the service runs in, e.g. `.venv/bin/python`. Empty: discovered.
    tests: files and folders that are handed to pytest. Empty: discovered.
    database: URL of a database that may be copied or changed. Empty: discovered.
    database-env: the environment variable the service reads its database URL from. Empty: discovered.
    requests: a file of recorded requests (of `pitstop record`), or several, to replay instead of the tests.
    access-log: a file, or several, of the service's access log: routes, findings and indexes are ranked by what it asks.
    login: how generated requests log in: `{ path = "/auth/login", form = { username = "...", password = "..." } }`.
    environment: environment variables the service needs to start; text only, as the operating system has them.
    exclude: files and folders that are not read.
    select: problems or domains to look for. Empty: all.
    ignore: problems or domains not to look for.
    per-path-ignore: problems or domains whose findings are left out in some files: `{ "scripts/**" = ["database"] }`.
    decide: for a problem the option that its findings are mended by: `{ missing-timeout = "10s" }`.
    budgets: what one request may cost, by route or pattern: `{ "GET /orders" = { max_statements = 5, max_bytes = 20000, max_blocked_ms = 20, p95 = 200 } }`.
    baseline: a file of known findings, which are left out; by default `pitstop-baseline.json`, where there is one.
    timeout-s: seconds that one run of the tests, or one replay, may take.
    launches: how often each pair of versions is started to be timed, at least 2; more make the interval narrower.
    llm-questions: about how many findings the model of `--with-llm` may be asked in one run.
    with_llm: the language model that is asked for repairs, as LiteLLM names it; only `--with-llm` can say so.
    allow_remote_database: a database on another machine may be used; only `--allow-remote-database` can say so.
    allow_mongodb: servers of MongoDB, `host:port`, that are used as they are; only `--allow-mongodb` can say so.
    """

    app: str = ""
    python: str = ""
    tests: tuple[str, ...] = ()
    database: str = ""
    database_env: str = ""
    requests: str | tuple[str, ...] = ()
    access_log: str | tuple[str, ...] = ()
    login: Login | None = None
    environment: dict[str, str] = {}
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_path_ignore: dict[str, tuple[str, ...]] = {}
    decide: dict[str, str] = {}
    budgets: dict[str, Budget] = {}
    baseline: str = ""
    timeout_s: Seconds = 600.0
    launches: Launches = 4
    llm_questions: Questions = 20
    with_llm: str = ""
    allow_remote_database: bool = False
    allow_mongodb: tuple[Server, ...] = ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """The files of `requests`."""
        if isinstance(self.requests, str):
            return (self.requests,) if self.requests else ()
        return self.requests

    @property
    def access_logs(self) -> tuple[str, ...]:
        """The files of `access-log`."""
        if isinstance(self.access_log, str):
            return (self.access_log,) if self.access_log else ()
        return self.access_log


def load(root: Path) -> Settings:
    """Read the settings of the project at `root`; the defaults where there are none.

    Raises UsageError, naming file and key, for a file that cannot be read, a key that does not exist, or a value of the
    wrong type; and where both files hold settings, since a reader of one would not know of the other.
    """
    own = _read(root / OWN_FILE)
    tool = (_read(root / PYPROJECT) or {}).get("tool", {})
    shared = tool.get("pitstop") if isinstance(tool, dict) else None
    if own is not None and shared is not None:
        raise UsageError(
            f"{OWN_FILE} and [tool.pitstop] of {PYPROJECT} both hold settings",
            f"Move the settings of one into the other: {root}",
        )
    if own is not None:
        return _settings(own, OWN_FILE)
    if shared is None:
        return Settings()
    if not isinstance(shared, dict):
        raise UsageError(f"{PYPROJECT}: `tool.pitstop` is not a table", "Write it as [tool.pitstop].")
    return _settings(shared, f"{PYPROJECT}: [tool.pitstop]")


def override(settings: Settings, given: Mapping[str, object]) -> Settings:
    """The settings with those `given` on the command line in their place, named as the fields are.

    None stands for an option that was not given. Raises UsageError for a value out of its range.
    """
    values = {name: value for name, value in given.items() if value is not None}
    kinds = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    for name, value in values.items():
        try:
            msgspec.convert(value, kinds[name])
        except msgspec.ValidationError as error:
            option = "--" + name.removesuffix("_s").replace("_", "-")
            raise UsageError(f"{option}: {_reason(error)}") from None
    return msgspec.structs.replace(settings, **values)


def _read(path: Path) -> dict[str, object] | None:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not valid TOML: {error}", f"Correct it: {path}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8 text", f"Save it as UTF-8: {path}") from None
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}", f"Look at {path}") from None


def _settings(table: Mapping[str, object], where: str) -> Settings:
    fields = {field.encode_name: field for field in msgspec.structs.fields(Settings)}
    allowed = [name for name, field in fields.items() if field.name not in COMMAND_LINE_ONLY]
    values: dict[str, object] = {}
    for key, value in table.items():
        if key in fields and key not in allowed:
            raise UsageError(
                f"{where} `{key}` cannot be set in a file",
                f"Say it on the command line, each time it is meant: --{key}",
            )
        if key not in fields:
            raise UsageError(f"{where} has no key `{key}`", _nearest(key, allowed))
        try:
            values[fields[key].name] = msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as error:
            raise UsageError(f"{where} `{key}`: {_reason(error)}", _example(key)) from None
    return Settings(**values)  # type: ignore[arg-type]  # each value was just converted to the type of its field


def _nearest(key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(key.lower().replace("_", "-"), allowed, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else f"The keys are {', '.join(sorted(allowed))}."


_KINDS = {
    "`array`": "a list",
    "`str`": "text",
    "`object`": "a table",
    "`int`": "a whole number",
    "`float`": "a number",
}


def _reason(error: msgspec.ValidationError) -> str:
    text = str(error)
    for kind, word in _KINDS.items():
        text = text.replace(kind, word)
    return text[:1].lower() + text[1:]


_EXAMPLES = {
    "tests": 'tests = ["tests"]',
    "exclude": 'exclude = ["scripts"]',
    "select": 'select = ["missing-index"]',
    "ignore": 'ignore = ["missing-index"]',
    "per-path-ignore": 'per-path-ignore = { "scripts/**" = ["missing-index"] }',
    "decide": 'decide = { missing-timeout = "10s" }',
    "budgets": 'budgets = { "GET /orders" = { max_statements = 5, p95 = 200 } }',
    "environment": 'environment = { SECRET_KEY = "test" }',
    "access-log": 'access-log = "access.log"',
    "login": 'login = { path = "/auth/login", form = { username = "ann", password = "..." } }',
    "timeout-s": "timeout-s = 600",
    "launches": "launches = 4",
    "llm-questions": "llm-questions = 20",
    "app": 'app = "app.main:app"',
    "python": 'python = ".venv/bin/python"',
}


def _example(key: str) -> str:
    return f"For example: {_EXAMPLES[key]}" if key in _EXAMPLES else ""
