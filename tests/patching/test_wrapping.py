from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pitstop.errors import PatchError
from pitstop.patching.python import Source
from pitstop.patching.wrapping import break_line, finish

RUFF = Path(sys.executable).with_name("ruff")

LONG = [
    "    response = some_client.thing(await run_in_threadpool(first, argument_number_one, two))",
    "    result = await run_in_threadpool(some_function_name, argument_number_one, argument_number_two, third=3)",
    "    result = await run_in_threadpool(some_function_name, [one_element for one_element in a_long_list_of_them if one_element])",
    "async def read_items(session: Session = Depends(get_session)) -> list[schemas.ItemWithALongName]: ...",
    "async def read_items(session: Session = Depends(get_session), number: int = 3, other: str = 'é') -> list[schemas.Item]: ...",
    "    return await run_in_threadpool(some_function_name, {'key': some_value, 'other': another_value, 'third': more})",
    "    statement = select(Order).options(selectinload(Order.items), selectinload(Order.customer_of_it))",
    "from package.module import name_number_one, name_number_two, name_number_three, name_number_four",
    "    await run_in_threadpool(f, 'a text that can be broken nowhere, however long it may become in the end', 1)",
    "    x = function_with_a_name(argument_number_one, argument_number_two, argument_number_three, argument_four=4,)",
]


@pytest.mark.parametrize("line", LONG)
def test_lines_break_where_ruff_breaks_them(line: str) -> None:
    whole = f"async def g():\n{line}\n" if line.startswith(" ") else f"{line}\n"
    broken = whole.replace(line, "\n".join(break_line(line.replace("'", '"'), "    ", 88)))
    assert ast.dump(ast.parse(broken)) == ast.dump(ast.parse(whole))
    done = subprocess.run(
        [RUFF, "format", "--isolated", "--stdin-filename", "a.py", "-"],
        input=whole,
        capture_output=True,
        text=True,
        check=True,
    )
    # ruff's other habits (blank lines, the body of a stub) are not what is compared
    assert broken.replace(": ...", ":\n    ...") == done.stdout.replace(": ...", ":\n    ...")


def test_ruff_is_there() -> None:
    assert shutil.which(RUFF)


def test_only_what_an_edit_made_too_long_is_broken() -> None:
    long = "x = f(" + ", ".join(f"argument_{n}" for n in range(9)) + ")\n"
    assert len(long) > 88
    source = Source("a.py", long + "y = 1\n" + long)
    at = source.line_start(2)
    assert finish(source, [source.edit(at, at + 1, "z")]).after == long + "z = 1\n" + long
    inserted = finish(source, [source.edit(at, at, long)]).after or ""
    assert inserted.startswith(long + "x = f(\n    argument_0,\n    argument_1,\n")
    assert inserted.endswith(")\ny = 1\n" + long)
    already = finish(source, [source.edit(0, 1, "xx")]).after or ""
    assert already.startswith("xx = f(argument_0,")


def test_comments_and_strings_stay_on_their_line() -> None:
    for text in ("x = f(1)  # " + "why " * 20 + "\n", "x = '''\n" + "f(1, " * 20 + "\n'''\n"):
        source = Source("a.py", text)
        at = source.data.index(b"\n")
        after = finish(source, [source.edit(0, 1, "longer_name"), source.edit(at, at, "")]).after
        assert after == text.replace("x", "longer_name", 1)


def test_the_newline_of_the_file_is_used() -> None:
    source = Source("a.py", "x = f(1)\r\n", line_length=22)
    after = finish(source, [source.edit(7, 7, ", second_argument")]).after
    assert after is not None
    assert after.count("\n") == after.count("\r\n") == 3
    with pytest.raises(PatchError):
        finish(source, [source.edit(0, 1, "(")])
