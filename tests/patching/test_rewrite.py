from __future__ import annotations

import ast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pitstop.errors import PatchError
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import annotate_return, make_sync, replace_expression, wrap_call
from pitstop.patching.wrapping import finish


def wrapped(statement: str, newline: str = "\n") -> str:
    """The statement in an async function, its call of `f` wrapped."""
    body = "".join(f"    {line}\n" for line in statement.split("\n"))
    source = Source("a.py", f"async def g():\n{body}".replace("\n", newline))
    call = next(
        n for n in ast.walk(source.tree) if isinstance(n, ast.Call) and ast.unparse(n.func) in ("f", "a.f")
    )
    after = finish(source, wrap_call(source, call, "pool")).after or ""
    lines = after.replace(newline, "\n").splitlines()[1:]
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "await pool(f)"),
        ("f( )", "await pool(f)"),
        ("x = f(1, *b, k=2, **c)", "x = await pool(f, 1, *b, k=2, **c)"),
        ("x = a.f(1,)", "x = await pool(a.f, 1,)"),
        ("return f(1).x", "return (await pool(f, 1)).x"),
        ("return (f(1)).x", "return (await pool(f, 1)).x"),
        ("return f(1)[0]", "return (await pool(f, 1))[0]"),
        ("f(1)()", "(await pool(f, 1))()"),
        ("x = -f(1) ** 2", "x = -await pool(f, 1) ** 2"),
        ("x = not f(1)", "x = not await pool(f, 1)"),
        ("x = await f(1)", "x = await (await pool(f, 1))"),
        ("f(await g())", "await pool(f, await g())"),
        ("f(x for x in y)", "await pool(f, (x for x in y))"),
        ("f(x for x in y).z", "(await pool(f, (x for x in y))).z"),
        ("f((x for x in y))", "await pool(f, (x for x in y))"),
        ("f(x for x in a) if f else 1", "await pool(f, (x for x in a)) if f else 1"),
        ("(f)(1)", "await pool((f), 1)"),
        ("f (1)", "await pool(f, 1)"),
        ("'é'; f('ü'); h()", "'é'; await pool(f, 'ü'); h()"),
        ("with f(1) as x: pass", "with await pool(f, 1) as x: pass"),
        ("[f(x) for x in y]", "[await pool(f, x) for x in y]"),
        ("[x async for x in y if f(x)]", "[x async for x in y if await pool(f, x)]"),
        ("any(x for x in f(1))", "any(x for x in await pool(f, 1))"),
        ("x = lambda: 1, f(1)", "x = lambda: 1, await pool(f, 1)"),
        ("f(lambda: 1)", "await pool(f, lambda: 1)"),
        ("f(\n    # nothing\n)", "await pool(\n    f,\n    # nothing\n)"),
        (
            "f(  # why\n    1,\n    # two\n    2,\n)",
            "await pool(  # why\n    f,\n    1,\n    # two\n    2,\n)",
        ),
        ("f(\n    1, k=(2), *a\n)", "await pool(\n    f, 1, k=(2), *a\n)"),
        ("f(\n    1\n)", "await pool(\n    f, 1\n)"),
        (
            f"f(\n    '{'é' * 40}', k=('{'x' * 30}'), **d\n).x",
            f"(await pool(\n    f,\n    '{'é' * 40}',\n    k=('{'x' * 30}'),\n    **d,\n)).x",
        ),
        ("f(\n    1, # why\n    2\n)", "await pool(\n    f,\n    1, # why\n    2\n)"),
        ("f(1,\n  2)", "await pool(f, 1,\n  2)"),
        ("f(\n\n    1)", "await pool(\n    f,\n\n    1)"),
        ("f('''\ntext''')", "await pool(f, '''\ntext''')"),
        ("print('%s' % f(1), end='')", "print('%s' % await pool(f, 1), end='')"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_call_moves_to_a_thread(before: str, after: str, newline: str) -> None:
    assert wrapped(before, newline) == after


@pytest.mark.parametrize(
    "statement",
    [
        "sum(f(x) for x in y)",
        "sum(x for x in y if f(x))",
        "sum(x for a in b for x in f(a))",
        "h = lambda: f(1)",
        "def h(): f(1)",
        "async def h(x=f(1)): ...",
        "@f(1)\nasync def h(): ...",
        "class A: x = f(1)",
        "f(func=1)",
    ],
)
def test_where_no_await_can_stand_the_call_is_left(statement: str) -> None:
    with pytest.raises(PatchError):
        wrapped(statement)


def test_outside_of_a_coroutine_the_call_is_left() -> None:
    for text in ("f(1)\n", "def g():\n    f(1)\n", "async def g(x=f(1)): ...\n"):
        source = Source("a.py", text)
        call = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Call))
        with pytest.raises(PatchError, match="no await can stand here"):
            wrap_call(source, call, "pool")


ARGUMENTS = st.lists(
    st.sampled_from(
        ["1", "'é'", "*a", "k=2", "**d", "x[1]", "(yield)", "[i for i in j]", "lambda: 0", "f'{q}'"]
    ),
    max_size=4,
)
AROUND = st.sampled_from(
    ["{}", "x = {}", "é = 'ü', {}", "{}.y", "return_({})", "{}[0]", "if {}: pass", "x = {} + 1; z = 2", "y[{}] = 3",
     "for i in {}: pass", "[{} for i in j]", "{{'é': {}}}", "assert {}, 'no'", "x = (yield), {}", "x = {} if {{}} else 1"]
)  # fmt: skip


@given(
    arguments=ARGUMENTS,
    around=AROUND,
    indent=st.sampled_from(["    ", "\t", " "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    callee=st.sampled_from(["f", "é.f", "a().f", "f [0]", "(f)", "f\\\n  .g"]),
    spread=st.booleans(),
    nested=st.integers(0, 3),
    bom=st.booleans(),
)
def test_any_call_in_any_place(
    arguments: list[str],
    around: str,
    indent: str,
    newline: str,
    callee: str,
    spread: bool,
    nested: int,
    bom: bool,
) -> None:
    order = sorted(arguments, key=lambda a: (a.startswith("**"), "=" in a, a == "(yield)"))
    order = [a for n, a in enumerate(order) if a not in order[:n] or "=" not in a]
    inside = (
        f"\n{indent * (nested + 2)}" + f",  # é\n{indent * (nested + 2)}".join(order) + "\n"
        if spread and order
        else ", ".join(order)
    )
    text = "# ñ\n"
    for depth in range(nested + 1):
        text += f"{indent * depth}@d('é')\n{indent * depth}async def fn{depth}():\n"
    text += (
        indent * (nested + 1)
        + around.format(f"{callee}({inside})")
        + "\n"
        + indent * (nested + 1)
        + "last()\n"
    )
    text = ("\ufeff" if bom else "") + text.replace("\n", newline)
    source = Source("a.py", text)
    try:
        compile(text.removeprefix("\ufeff"), "a.py", "exec", dont_inherit=True)
    except SyntaxError:
        # `yield` in a comprehension parses, but is no Python
        assume(False)
    callee_tree = ast.dump(ast.parse(callee.replace("\\\n", " "), mode="eval").body)
    call = next(
        n for n in ast.walk(source.tree) if isinstance(n, ast.Call) and ast.dump(n.func) == callee_tree
    )
    after = source.apply(wrap_call(source, call, "pool.run"))
    (made,) = [n for n in ast.walk(after.tree) if isinstance(n, ast.Await)]
    assert isinstance(made.value, ast.Call)
    assert ast.unparse(made.value.func) == "pool.run"
    assert ast.dump(made.value.args[0]) == callee_tree
    assert [ast.dump(a) for a in made.value.args[1:]] == [ast.dump(a) for a in call.args]
    assert [ast.dump(k) for k in made.value.keywords] == [ast.dump(k) for k in call.keywords]
    # all that is not the call's own text stands as it stood
    assert after.data.startswith(source.data[: source.start(call)])
    assert after.data.endswith(source.data[source.end(call) :])
    assert text.count("#") == after.text.count("#")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("async def f(): return 1\n", "def f(): return 1\n"),
        ("@d\nasync  def é(): ...\n", "@d\ndef é(): ...\n"),
        ("class A:\n\tasync \\\n\tdef f(self):\n\t\tasync def g(): await x\n", "class A:\n\tdef f(self):\n\t\tasync def g(): await x\n"),
        ("\ufeffasync def f(): ...\r\n", "\ufeffdef f(): ...\r\n"),
    ],
)  # fmt: skip
def test_async_is_taken_off(before: str, after: str) -> None:
    source = Source("a.py", before)
    function = next(n for n in ast.walk(source.tree) if isinstance(n, ast.AsyncFunctionDef))
    assert source.apply(make_sync(source, function)).text == after


@pytest.mark.parametrize(
    "body", ["await x", "async with x: ...", "async for a in b: ...", "[a async for a in b]"]
)
def test_async_stays_where_something_awaits(body: str) -> None:
    source = Source("a.py", f"async def f():\n    {body}\n")
    with pytest.raises(PatchError, match="does not compile"):
        make_sync(source, source.find(ast.AsyncFunctionDef, 1, 1))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): ...\n", "def f() -> list[X]: ...\n"),
        ("async def f(a: int = x[1:2], *, b=lambda: 3): ...\n", "async def f(a: int = x[1:2], *, b=lambda: 3) -> list[X]: ...\n"),
        ("def f(\n    a,  # ):\n) :  # c\n    ...\n", "def f(\n    a,  # ):\n) -> list[X] :  # c\n    ...\n"),
        ("@d(x='):')\ndef é(a='):'): ...\n", "@d(x='):')\ndef é(a='):') -> list[X]: ...\n"),
        ("def f() -> Any: ...\n", "def f() -> list[X]: ...\n"),
        ("def f() -> (\n    Any\n): ...\n", "def f() -> (\n    list[X]\n): ...\n"),
    ],
)  # fmt: skip
def test_a_return_annotation(before: str, after: str) -> None:
    source = Source("a.py", before)
    function = next(n for n in ast.walk(source.tree) if isinstance(n, Function))
    assert source.apply(annotate_return(source, function, "list[X]")).text == after


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("y = x.z\n", "a + b", "y = (a + b).z\n"),
        ("y = x\n", "a + b", "y = a + b\n"),
        ("y = x * 2\n", "a or b", "y = (a or b) * 2\n"),
        ("y = -x\n", "a ** b", "y = -a ** b\n"),
        ("f(x)\n", "a, b", "f((a, b))\n"),
        ("f(x)\n", "a := 1", "f(a := 1)\n"),
        ("y = x\n", "[\n    1,\n]", "y = [\n    1,\n]\n"),
        ("y = x\n", "a\n+ b", "y = (a\n+ b)\n"),
    ],
)
def test_an_expression_is_replaced_with_parentheses_where_it_needs_them(
    before: str, new: str, after: str
) -> None:
    source = Source("a.py", before)
    node = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == "x")
    assert source.apply(replace_expression(source, node, new)).text == after


def test_a_lone_generator_loses_no_parentheses() -> None:
    source = Source("a.py", "f(x for x in y)\n")
    node = next(n for n in ast.walk(source.tree) if isinstance(n, ast.GeneratorExp))
    assert source.apply(replace_expression(source, node, "z")).text == "f(z)\n"


def test_an_expression_that_is_none_is_refused() -> None:
    source = Source("a.py", "y = x\n")
    with pytest.raises(PatchError, match="is not an expression"):
        replace_expression(source, source.find(ast.Name, 1, 5), "a b")
