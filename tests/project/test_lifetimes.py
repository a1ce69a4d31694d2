"""Whether what a function builds outlives the call, is handed on, or may differ from call to call."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import read
from pitstop.project.facts import Call, dotted
from pitstop.project.lifetimes import hands_on, outlives, varies


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("build()", (False, False, False)),
        ("return build()", (False, True, False)),
        ("made = build()\n    return made", (False, True, False)),
        ("made = build()\n    return wrap(made), made", (False, True, False)),
        ("made = build()\n    return made.name", (False, False, False)),
        ("with build() as made:\n        yield made", (False, True, False)),
        ("KEPT['x'] = build()", (True, False, False)),
        ("made = build()\n    KEPT['x'] = made", (True, False, False)),
        ("KEPT.append(build())", (True, False, False)),
        ("app.state.made = build()", (True, False, False)),
        ("global made\n    made = build()", (True, False, False)),
        ("build(url)", (False, False, True)),
        ("build(URL)", (False, False, False)),
    ],
)
def test_the_life_of_what_is_built(tmp_path: Path, body: str, expected: tuple[bool, bool, bool]) -> None:
    text = f"from lib import app, build, wrap\n\nKEPT = {{}}\nURL = 'x'\n\n\ndef work(url):\n    {body}\n"
    (tmp_path / "main.py").write_text(text)
    function = read(tmp_path, cache=False).index.functions["main.work"]
    node = next(s.node for s in function.calls if isinstance(s.node, Call) and dotted(s.node.func) == "build")
    assert (outlives(function, node), hands_on(function, node), varies(function, node)) == expected
