"""Where a project reads its database's address from: environment variables, `.env` files, pydantic settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pitstop.target.files import parse, python_files, read, relative
from pitstop.target.model import DatabaseVariable, Part
from pitstop.target.sources import dotted
from pitstop.target.urls import DatabaseURL

_SYSTEM = r"(?:DATABASE|DB|SQLALCHEMY(?:_DATABASE)?|POSTGRES(?:QL)?|PG|SQLITE|ASYNC_DB|ASYNC_DATABASE)"
_URL = re.compile(rf"(?:^|_){_SYSTEM}_*(?:[A-Z0-9]+_)*(?:URL|URI|DSN)(?:_[A-Z0-9]+)?$", re.IGNORECASE)
_PART_NAMES: dict[Part, str] = {
    "host": "HOST|HOSTNAME|SERVER|ADDRESS",
    "port": "PORT",
    "user": "USER|USERNAME",
    "password": "PASSWORD|PASS|PASSWD",
    "name": "NAME|DB|DATABASE",
}
_PARTS = {
    part: re.compile(rf"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_*(?:{names})$", re.IGNORECASE)
    for part, names in _PART_NAMES.items()
}
_IS_SITE = re.compile(r"https?://", re.IGNORECASE)
"""Data that is loaded from the web, not a database to connect to."""
_GETTERS = {"getenv", "get", "str", "config", "env", "Config", "url", "secret", "require", "read"}
_READERS = {"os.environ", "environ", "os.getenv", "getenv", "config", "env", "environ.Env", "os.environ.get"}
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")


def part_of(name: str) -> Part | None:
    """Which part of a database's address a variable of this name holds; None when none."""
    if _URL.search(name):
        return "url"
    return next((part for part, pattern in _PARTS.items() if pattern.search(name)), None)


def database_variables(root: Path, environment: Mapping[str, str]) -> tuple[DatabaseVariable, ...]:
    """The environment variables that tell the project at `root` where its database is; those with a whole URL first.

    Found by reading code (`os.environ`, `getenv`, fields of a `BaseSettings` with its prefix and aliases) and `.env`
    files. A variable that only some other program reads is not in the code and so is not here.
    """
    seen: dict[str, tuple[str, str]] = {}
    for path in python_files(root):
        text = read(path)
        if not re.search(r"environ|getenv|BaseSettings|[Cc]onfig|\benv\b", text):
            continue
        tree = parse(path)
        for name, default, line in _names(tree) if tree else ():
            if part_of(name) and (name not in seen or (default and not seen[name][1])):
                seen[name] = (f"{relative(path, root)}:{line}", default)
    written = dotenv(root)
    present = {name.upper(): (name, value) for name, value in environment.items()}
    found: list[DatabaseVariable] = []
    for name, (where, default) in seen.items():
        real, value = present.get(name.upper(), (name, ""))
        value = value or next((v for k, v in written.items() if k.upper() == name.upper()), "") or default
        part = part_of(name)
        if part and not _IS_SITE.match(value):
            found.append(DatabaseVariable(name=real, part=part, value=value, where=where))
    order = ("url", "host", "port", "user", "password", "name")
    return tuple(sorted(found, key=lambda v: (order.index(v.part), v.name)))


def dotenv(root: Path) -> dict[str, str]:
    """The variables of the project's `.env`, by name. Other `.env.*` files are examples or other people's."""
    values: dict[str, str] = {}
    for line in read(root / ".env").splitlines():
        found = _LINE.match(line)
        if found and not line.lstrip().startswith("#"):
            value = found.group(2)
            if value[:1] in {'"', "'"}:
                value = value[1:].partition(value[0])[0]
            else:
                value = re.split(r"\s+#", value)[0]
            values[found.group(1)] = value
    return values


def _names(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Names of environment variables that a module reads, with the default where it is plain text, and the line."""
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and dotted(node.value) in {"os.environ", "environ"}:
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                yield node.slice.value, "", node.lineno
        elif isinstance(node, ast.Call):
            yield from _read_by_call(node)
        elif isinstance(node, ast.ClassDef) and _is_settings(node, classes):
            yield from _fields(node, classes)


def _read_by_call(node: ast.Call) -> Iterator[tuple[str, str, int]]:
    name = dotted(node.func)
    reader, _, method = name.rpartition(".")
    if name not in _READERS and not (reader in _READERS and method in _GETTERS):
        return
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        rest = [*node.args[1:], *(k.value for k in node.keywords if k.arg == "default")]
        yield first.value, next((text for value in rest if (text := _text(value))), ""), node.lineno


def _text(value: ast.expr | None) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _is_settings(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> bool:
    for base in node.bases:
        name = dotted(base).split(".")[-1]
        if "BaseSettings" in name or (name.endswith("Settings") and name not in classes):
            return True
        parent = classes.get(name)
        if parent not in (None, node) and depth < 5 and _is_settings(parent, classes, depth + 1):
            return True
    return False


def _settings_option(node: ast.ClassDef, option: str) -> str:
    """`env_prefix` and the like, from `model_config = SettingsConfigDict(...)`, a dict, or an inner `class Config`."""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            for inner in statement.body:
                if isinstance(inner, ast.Assign) and any(dotted(t) == option for t in inner.targets):
                    return _text(inner.value)
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call):
            for keyword in value.keywords:
                if keyword.arg == option:
                    return _text(keyword.value)
        if isinstance(value, ast.Dict):
            for key, inner_value in zip(value.keys, value.values, strict=True):
                if key is not None and _text(key) == option:
                    return _text(inner_value)
    for keyword in node.keywords:
        if keyword.arg == option:
            return _text(keyword.value)
    return ""


def _fields(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, str, int]]:
    own = prefix or _settings_option(node, "env_prefix")
    nested = _settings_option(node, "env_nested_delimiter")
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = own + statement.target.id
        kind = dotted(statement.annotation).split(".")[-1]
        if nested and kind in classes and depth == 0:
            yield from _fields(classes[kind], {}, f"{name}{nested}", 1)
            continue
        default = _text(statement.value)
        aliases: list[str] = []
        if isinstance(statement.value, ast.Call):
            default = next((t for value in statement.value.args[:1] if (t := _text(value))), "")
            for keyword in statement.value.keywords:
                if keyword.arg == "default":
                    default = _text(keyword.value)
                if keyword.arg in {"alias", "validation_alias", "env"}:
                    aliases += [
                        text
                        for n in ast.walk(keyword.value)
                        if isinstance(n, ast.expr) and (text := _text(n))
                    ]
        yield aliases[0] if aliases else name.upper(), default, statement.lineno


def assign(variables: tuple[DatabaseVariable, ...], url: str) -> dict[str, str]:
    """What to set so that the service uses the database at `url`, by variable.

    A whole URL keeps the driver its variable has now (`postgresql+asyncpg`) when `url` names none. Variables of another
    kind of database than `url` are left alone. A `url` without a database's name is another server: the names stay.
    """
    parts = urlsplit(url)
    system, _, driver = parts.scheme.partition("+")
    if system.startswith("postgres") and not parts.path.strip("/"):
        return _moved(variables, url)
    values: dict[str, str] = {}
    for variable in variables:
        if variable.part == "url":
            now = urlsplit(variable.value).scheme
            if now and _system(now) != _system(system) and _system(now) not in {"postgresql", "sqlite"}:
                continue
            scheme = now if not driver and _system(now) == _system(system) and now else parts.scheme
            values[variable.name] = scheme + url[len(parts.scheme) :]
        elif system.startswith("postgres"):
            known = {
                "host": parts.hostname or "",
                "port": str(parts.port or 5432),
                "user": _plain(parts.username),
                "password": _plain(parts.password),
                "name": parts.path.lstrip("/"),
            }
            values[variable.name] = known[variable.part]
    return values


def _moved(variables: tuple[DatabaseVariable, ...], url: str) -> dict[str, str]:
    """The variables turned to another server; one that names no PostgreSQL database now is left alone."""
    netloc = urlsplit(url).netloc
    named = assign(tuple(v for v in variables if v.part not in {"url", "name"}), f"postgresql://{netloc}/any")
    whole = {
        variable.name: DatabaseURL.parse(variable.value).moved(netloc)
        for variable in variables
        if variable.part == "url" and _system(urlsplit(variable.value).scheme) == "postgresql"
    }
    return {**named, **whole}


def _system(scheme: str) -> str:
    system = scheme.partition("+")[0]
    return "postgresql" if system in {"postgres", "postgresql", "pg"} else system


def _plain(text: str | None) -> str:
    return unquote(text or "")


def join(variables: tuple[DatabaseVariable, ...]) -> str:
    """The PostgreSQL URL that the parts add up to; "" when host or name is not among them."""
    values = {v.part: v.value for v in variables if v.value}
    if "name" not in values or "host" not in values:
        return ""
    secret = f":{quote(values['password'], safe='')}" if "password" in values else ""
    user = f"{quote(values['user'], safe='')}{secret}@" if "user" in values else ""
    return f"postgresql://{user}{values['host']}:{values.get('port', '5432')}/{values['name']}"
