from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.errors import PatchError
from pitstop.patching.python import Source, line_length

PIECES = st.sampled_from(
    ["x = 'é🎉'; call(1)", "call('ü')", "\tpass", "# ñ", "s = '''\n  é\n'''; call(2)", "", "x = '\x0c'"]
)


@given(lines=st.lists(PIECES, max_size=8), newline=st.sampled_from(["\n", "\r\n", "\r"]), bom=st.booleans())
def test_every_node_is_found_by_the_place_it_is_said_to_be_at(
    lines: list[str], newline: str, bom: bool
) -> None:
    body = "".join(f"    {line.strip()}\n" for line in lines if line.strip())
    text = ("\ufeff" if bom else "") + f"if é:\n{body}    call(0)\n".replace("\n", newline)
    source = Source("a.py", text)
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    for call in calls:
        place = source.location(call)
        assert source.find(ast.Call, place.line, place.column) is call
        assert source.segment(call) == ast.unparse(call)
        start = source.offset(place.line, place.column)
        assert text.encode()[start:].decode().startswith("call(")
        assert source.line_of(start) == place.line
    for token in source.tokens:
        if token.string.startswith("call"):
            assert source.data[source.token_start(token) : source.token_end(token)] == b"call"


def test_columns_count_characters_and_offsets_count_bytes() -> None:
    source = Source("a.py", "é = call()\n")
    assert source.offset(1, 5) == 5
    assert source.find(ast.Call, 1, 5).col_offset == 5
    for line, column in ((0, 1), (3, 1), (1, 0), (1, 99)):
        with pytest.raises(PatchError, match="has no"):
            source.offset(line, column)


def test_the_smallest_node_wins_and_decorators_belong_to_their_function() -> None:
    source = Source(
        "a.py", "@first\n@second(\n    1\n)\nasync def f():\n    def g():\n        return 1\n    return g\n"
    )
    outer, inner = source.function(5, 1), source.function(7, 9)
    assert (outer.name, inner.name) == ("f", "g")
    assert source.start(outer) == 0
    assert source.location(outer).line == 1
    assert [getattr(scope, "name", "") for scope in source.scopes(inner.body[0])] == ["g", "f", ""]
    with pytest.raises(PatchError, match="no Call"):
        source.find(ast.Call, 7, 9)


@pytest.mark.parametrize(
    ("text", "unit", "quote"),
    [
        ("", "    ", '"'),
        ("if a:\n  if b:\n    c\n", "  ", '"'),
        ("if a:\n\tif b:\n\t\tc\n", "\t", '"'),
        ("x = 'a'\ny = 'b'\nz = \"c\"\n", "    ", "'"),
        ('"""It\'s"""\nx = \'a\'\n', "    ", "'"),
    ],
)
def test_style(text: str, unit: str, quote: str) -> None:
    source = Source("a.py", text)
    assert (source.indent_unit, source.quote) == (unit, quote)


def test_a_file_that_does_not_parse_is_said_with_its_line() -> None:
    with pytest.raises(PatchError, match=r"a\.py:2 does not parse"):
        Source("a.py", "x = 1\ny = (\n")
    with pytest.raises(PatchError, match="does not parse"):
        Source("a.py", "x = '\0'")


def test_an_edit_that_does_more_than_intended_is_refused() -> None:
    source = Source("a.py", "x = 1\ny = 2\n")
    with pytest.raises(PatchError, match="change more than it should"):
        source.checked([source.edit(4, 5, "3")], lambda _tree, _twin: None)
    with pytest.raises(PatchError, match="does not compile"):
        source.checked([source.edit(0, 5, "return")], lambda _tree, _twin: None)


@pytest.mark.parametrize(
    ("files", "length"),
    [
        ({}, 88),
        ({"pyproject.toml": "[tool.black]\nline-length = 100\n"}, 100),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 120\n[tool.black]\nline-length = 100\n"}, 120),
        ({"ruff.toml": "line-length = 79\n", "pyproject.toml": "[tool.ruff]\nline-length = 120\n"}, 79),
        ({".ruff.toml": "line-length = 70\n", "ruff.toml": "line-length = 79\n"}, 70),
        ({"pyproject.toml": "[tool.ruff\n"}, 88),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 'long'\n"}, 88),
        ({"pyproject.toml": "[tool]\nruff = 3\n"}, 88),
    ],
)
def test_the_line_length_is_that_of_the_formatter(tmp_path: Path, files: dict[str, str], length: int) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert line_length(tmp_path) == length
