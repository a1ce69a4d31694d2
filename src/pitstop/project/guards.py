"""The tests that a loop's turn has to pass before it comes to a site."""

from __future__ import annotations

from collections.abc import Iterator

from pitstop.project.facts import Call, Const, Expr, For, Op, Seq, dotted
from pitstop.project.sites import Site


def tests(site: Site, loop: For) -> Iterator[Expr]:
    """What must hold for a turn that comes to the site, each part of an `and` by itself."""
    return (part for guard in site.guards if guard.at > loop.at for part in conjuncts(guard))


def is_for_one_key(site: Site, loop: For) -> bool:
    """Whether only one turn comes to the site: `if key == "name"` in a loop over the items of a mapping, which has each once."""
    return any(_names_key(test, loop) for test in tests(site, loop))


def _names_key(test: Expr, loop: For) -> bool:
    pair = loop.target
    if not (
        isinstance(pair, Seq) and isinstance(loop.iter, Call) and dotted(loop.iter.func).endswith(".items")
    ):
        return False
    if not (isinstance(test, Op) and test.op == "Eq" and len(test.operands) == 2 and pair.items):
        return False
    key = dotted(pair.items[0])
    names = [dotted(operand) for operand in test.operands]
    return key in names and any(isinstance(operand, Const) for operand in test.operands)


def conjuncts(test: Expr) -> Iterator[Expr]:
    """The parts of an `and`, or the test itself."""
    if isinstance(test, Op) and test.op == "And":
        for operand in test.operands:
            yield from conjuncts(operand)
    else:
        yield test
