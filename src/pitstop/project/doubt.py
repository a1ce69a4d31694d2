"""How sure a way through the code is: what runs only sometimes, only after an error, or hardly ever."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pitstop.data import Confidence, Severity
from pitstop.project.calls import Reach, Step
from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Expr,
    ExprStatement,
    If,
    Name,
    Node,
    Op,
    Raise,
    Statement,
    dotted,
    string,
)
from pitstop.project.routes import Route
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_RARE = {"backup", "backups", "cron", "crons", "debug", "demo", "fixes", "fixtures", "maintenance", "migrate", "migration", "migrations"} | {
    "scheduled", "seed", "seeder", "seeders", "seeds",
}  # fmt: skip
_ADMINISTRATION = {"admin", "admins", "administration", "backoffice", "superuser"}
_ONCE = {"auth", "authorize", "callback", "consent", "install", "invite", "login", "oauth", "oauth2", "oidc", "password", "register"} | {
    "reset", "saml", "setup", "signin", "signup", "sso",
}  # fmt: skip
_DEVELOPING = {"debug", "dev", "develop", "development"}
_ENTRANCES = {"login", "register", "signin", "signup", "sso", "token", "verify"}
_OTHERS_TOO = {"and", "if", "is", "maybe", "non", "not", "optional", "or"}
_FAR = 5
"""Calls on a way, beyond which one finding in four was false, nearer ones one in ten: 1,056 findings on 54 services, read one by one."""
ANOTHER = "another implementation may be the one in use"
"""One finding in eight behind such a call was false, and half arguable, elsewhere one in forty: 1,688 findings on 130 services, read one by one."""
_LOWER: dict[Severity, Severity] = {"high": "medium", "medium": "low", "low": "low"}


def weigh(
    reach: Reach,
    steps: Sequence[Step],
    confidence: Confidence,
    severity: Severity,
    *,
    doubts: Sequence[str] = (),
    seldom: bool = False,
) -> tuple[Confidence, Severity, str]:
    """Confidence and severity of what `steps` leads to within requests, and why they are lower than the ones given.

    `doubts` are reasons found by the caller. What is wrong however `seldom` it runs is no less sure where the call on the
    way goes to this or to another implementation.
    """
    reasons = [*doubts, *filter(None, (reach.doubt,))]
    if reach.by_choice and not seldom and ANOTHER not in reasons:
        reasons.append(ANOTHER)
    if reach.routes and all(_is_for_developing(route) for route in reach.routes):
        reasons.append("it is refused but for developing")
    if _hardly_ever(reach, steps):
        reasons.append("it belongs to a back-up, a migration, a schedule or the like")
    if any(is_memoised(step.function) for step in reach.path[1:]):
        reasons.append("a function on the way keeps what it makes")
    length = len(reach.path) + len(steps)
    if length > _FAR:
        reasons.append(f"the way there leads over {length} calls, and what decides on it is not all seen")
    if any(_fills(step) for step in (*reach.path, *steps)):
        reasons.append("it happens only until what it makes is there")
    if any(step.site.rescue for step in (*reach.path, *steps)):
        reasons.append("it runs only after an error")
    if reasons:
        return "possible", _LOWER[severity], "; ".join(reasons)
    if confidence == "certain" and reach.by_choice:
        confidence = "likely"
    if is_administration(reach.routes):
        return confidence, _LOWER[severity], "only administrators get there"
    return confidence, severity, ""


def _fills(step: Step) -> bool:
    """Whether a site stands under `if self.model is None`: the next time it is there."""
    return any(
        isinstance(test, Op)
        and test.op in {"Is", "Not"}
        and isinstance(missing := test.operands[0], Attr)
        and dotted(missing.value) in {"cls", "self"}
        for test in step.site.guards
    )


def is_decided(site: Site, before: Node | None = None) -> bool:
    """Whether a branch decides if a site runs, that asks for more than whether something is there, as `if rows:` does.

    With `before`, a node around the site, only branches around that node count.
    """
    end = site.node.at if before is None else before.at
    return any(guard.at < end and not _asks_presence(guard) for guard in site.guards)


def _asks_presence(test: Expr) -> bool:
    if isinstance(test, Op) and test.op in {"And", "Or", "Not"}:
        return all(_asks_presence(operand) for operand in test.operands)
    if isinstance(test, Op) and test.op in {"Is", "IsNot"}:
        return any(isinstance(operand, Const) and operand.kind == "NoneType" for operand in test.operands)
    return isinstance(test, (Name, Attr))


def is_administration(routes: Sequence[Route]) -> bool:
    """Whether only administrators get to any of the routes: by the path, a dependency or decorator such as `require_admin`."""
    return bool(routes) and all(
        # Whoever logs in there is nobody yet.
        (_words(route.path) & _ADMINISTRATION and not _words(route.path) & _ENTRANCES)
        or any(_lets_in_administrators(function.name) for function in route.dependencies)
        or any(_lets_in_administrators(_last_name(need.provider)) for need in route.listed)
        or any(
            _asks_for_administrators(d) for d in route.function.node.decorators if d is not route.decorator
        )
        or any(_refuses_others(statement) for statement in route.function.node.body)
        for route in routes
    )


def is_once_in_a_while(routes: Sequence[Route]) -> bool:
    """Whether a user gets to any of the routes once in a session or less, by the path: to log in, to sign up, to give consent."""
    return bool(routes) and all(_words(route.path) & _ONCE for route in routes)


def _last_name(provider: Expr) -> str:
    return dotted(provider).rpartition(".")[2]


def _lets_in_administrators(name: str) -> bool:
    words = _words(re.sub("(?<=[a-z])(?=[A-Z])", "_", name))
    return bool(words & _ADMINISTRATION) and not words & _OTHERS_TOO


def _asks_for_administrators(decorator: Expr) -> bool:
    """`@admin_required`, `@requires("admin.settings")`."""
    if isinstance(decorator, Call):
        if any(_words(string(argument)) & _ADMINISTRATION for argument in decorator.args):
            return True
        decorator = decorator.func
    return _lets_in_administrators(dotted(decorator).rpartition(".")[2])


def _refuses_others(statement: Statement) -> bool:
    """`if not user.is_superuser: raise ...`."""
    return (
        isinstance(statement, If)
        and isinstance(statement.body[-1], Raise)
        and isinstance(statement.test, Op)
        and statement.test.op == "Not"
        and isinstance(statement.test.operands[0], Attr)
        and statement.test.operands[0].attr in {"is_admin", "is_administrator", "is_staff", "is_superuser"}
    )


def _is_for_developing(route: Route) -> bool:
    """Whether a handler begins with a check that it runs on a developer's machine: `_ensure_dev_env()`."""
    return any(
        isinstance(statement, ExprStatement)
        and isinstance(statement.value, Call)
        and _words(dotted(statement.value.func)) & _DEVELOPING
        for statement in route.function.node.body[:2]
    )


def _hardly_ever(reach: Reach, steps: Sequence[Step]) -> bool:
    if reach.routes and all(_words(route.path) & _RARE for route in reach.routes):
        return True
    return any(_words(step.function.qualname) & _RARE for step in (*reach.path, *steps))


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", text.lower()))
