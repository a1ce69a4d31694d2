"""State that requests share: what they answer otherwise while others are under way than alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from pitstop.data import Patch
from pitstop.proof.document import clip
from pitstop.traces.records import Exchange, Mingled, Run
from pitstop.verdicts import Difference

_MOST_TESTS = 8
_FAILURE = 500
_SAFE = frozenset({"GET", "HEAD"})
_WHO = frozenset({"authorization", "cookie", "x-api-key"})


def may_share(patch: Patch) -> bool:
    """Whether a patch may make requests share something: any change of somebody's own, and a repair that writes where functions end
    but their effects do not: at module or class level, in a global, an attribute, or an item of something."""
    if not patch.finding:
        return True
    for change in patch.changes:
        if change.after is None or not change.path.endswith(".py"):
            continue
        try:
            before, after = ast.parse(change.before or ""), ast.parse(change.after)
        except (SyntaxError, ValueError):
            return True
        if _writes(after) - _writes(before):
            return True
    return False


def _writes(tree: ast.Module) -> set[str]:
    """The statements of a module by which something may outlive a call, as text."""
    found: set[str] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, ast.Module | ast.ClassDef):
            found |= {
                ast.unparse(each) for each in scope.body if isinstance(each, ast.Assign | ast.AnnAssign)
            }
        elif isinstance(scope, ast.Global | ast.Nonlocal) or (
            isinstance(scope, ast.Attribute | ast.Subscript) and isinstance(scope.ctx, ast.Store)
        ):
            found.add(ast.unparse(scope))
        elif isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= {ast.unparse(each) for each in scope.decorator_list}
    return found


def chosen(before: Run, routes: Collection[str]) -> tuple[str, ...]:
    """The tests in which requests of routes are most likely to meet others: by who asks, then by what else is asked. Empty for all."""
    asked: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in before.requests:
        if exchange.method in _SAFE and exchange.test:
            asked[exchange.test].append(exchange)
    own = {test: each for test, each in asked.items() if any(x.endpoint in routes for x in each)}
    ranked = sorted(own, key=lambda test: (-len(_people(own[test])), -len({_question(x) for x in own[test]})))
    return tuple(ranked[:_MOST_TESTS])


def _people(asked: Collection[Exchange]) -> set[tuple[tuple[str, str], ...]]:
    return {tuple(pair for pair in each.request_headers if pair[0].lower() in _WHO) for each in asked}


def _question(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.method, exchange.path, exchange.query


def differences(before: Run, after: Run) -> tuple[Difference, ...]:
    """What only the run after answers otherwise with others under way. Both are runs with the same requests tried.

    Failures are left out: tests often share one session, which fails by chance when requests meet in it.
    """
    return tuple(
        Difference(
            kind="state",
            where=f"{each.route}, request {each.key.rpartition('#')[2]} of {each.test or 'the replay'}, "
            f"with {each.beside} others under way",
            before=clip(each.alone),
            after=clip(each.together),
            test=each.test,
        )
        for each in _new(before, after)
        if not _failed(each)
    )


def failures(before: Run, after: Run) -> tuple[str, ...]:
    """What only the run after failed with while others were under way, in words."""
    return tuple(
        f"{each.route} failed with {each.beside} others under way, which it did not before: {clip(each.together)}"
        for each in _new(before, after)
        if _failed(each)
    )


def untried(after: Run, routes: Collection[str]) -> tuple[str, ...]:
    """The routes of which no request could be asked with others under way, in words; nothing where some could."""
    if any(each.route in routes for each in after.mingled):
        return ()
    return (
        f"no request of {', '.join(routes)} could be asked with others under way: shared state was not looked for",
    )


def _new(before: Run, after: Run) -> Iterator[Mingled]:
    """One of each route that only the run after has any of."""
    known = {each.route for each in before.mingled if each.together}
    told = [each for each in after.mingled if each.together and each.route not in known]
    yield from {each.route: each for each in reversed(told)}.values()


def _failed(told: Mingled) -> bool:
    status = told.together.partition(" ")[0]
    return not status.isdigit() or int(status) >= _FAILURE
