"""Logging in as the settings say, so that generated requests are let in, and what to write there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from pitstop.errors import TargetError
from pitstop.settings import Login

_TIMEOUT_S = 30.0
_HINT = "Correct [tool.pitstop.login]: path, form or json, headers, and token, the name of the token in the answer."


def log_in(url: str, login: Login) -> dict[str, str]:
    """Send the login, if there is one, to the server at `url`; the headers that let later requests in.

    They are those of the settings, and a token or else cookies. Raises TargetError where the login is refused or gives
    neither. What was sent is never part of a message.
    """
    return {**login.headers, **(_answered(url, login) if login.path else {})}


def recipe(document: Mapping[str, Any]) -> str:
    """The line of TOML that the OpenAPI document of an app asks for; where it names no way in, the usual one."""
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    known = (
        [each for each in schemes.values() if isinstance(each, Mapping)]
        if isinstance(schemes, Mapping)
        else []
    )
    for scheme in known:
        flows = scheme.get("flows")
        flow = flows.get("password") if isinstance(flows, Mapping) else None
        path = flow.get("tokenUrl") if isinstance(flow, Mapping) else None
        if isinstance(path, str) and path:
            return _with_password(_declared(document, urlsplit(path).path))
    for scheme in known:
        match scheme.get("type"), scheme.get("in") or scheme.get("scheme"), scheme.get("name"):
            case "apiKey", "header", str(name):
                return _with_header(name, "...")
            case "apiKey", "cookie", str(name):
                return _with_header("Cookie", f"{name}=...")
            case "http", str(kind), _:
                return _with_header("Authorization", f"{kind.capitalize()} ...")
    return _with_password("/login")


def _declared(document: Mapping[str, Any], path: str) -> str:
    """The whole path of a POST route whose end is known: `tokenUrl` may be relative to where a router was included."""
    end = "/" + path.strip("/")
    paths = document.get("paths")
    for whole, methods in paths.items() if isinstance(paths, Mapping) else ():
        if whole.rstrip("/").endswith(end) and "post" in methods:
            return str(whole)
    return end


def _with_password(path: str) -> str:
    return f'login = {{ path = {json.dumps(path)}, form = {{ username = "...", password = "..." }} }}'


def _with_header(name: str, value: str) -> str:
    return f"login = {{ headers = {{ {json.dumps(name)} = {json.dumps(value)} }} }}"


def _answered(url: str, login: Login) -> dict[str, str]:
    body, kind = _body(login)
    headers = {**login.headers, "content-type": kind, "accept": "application/json"}
    request = urllib.request.Request(url + login.path, data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            raw, cookies = answer.read(), answer.headers.get_all("set-cookie") or []
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            raw, cookies = b"", error.headers.get_all("set-cookie") or []
        if error.code >= 400:
            raise TargetError(f"the login at {login.path} was answered {error.code}", _HINT) from None
    except OSError as error:
        raise TargetError(f"the login at {login.path} got no answer: {error}", _HINT) from None
    token = _token(raw, login.token)
    if token:
        return {login.header: f"{login.scheme} {token}".strip()}
    if cookies:
        return {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies)}
    raise TargetError(f"the login at {login.path} gave neither `{login.token}` nor a cookie", _HINT)


def _body(login: Login) -> tuple[bytes, str]:
    if login.form:
        return urlencode(login.form).encode(), "application/x-www-form-urlencoded"
    return json.dumps(login.json).encode(), "application/json"


def _token(raw: bytes, name: str) -> str:
    """The text at a dotted name, e.g. `data.token`; empty where there is none."""
    try:
        value: Any = json.loads(raw)
    except ValueError:
        return ""
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A login by a form often ends in a redirect, whose cookies are what counts."""

    def redirect_request(self, *_: Any) -> None:
        return None
