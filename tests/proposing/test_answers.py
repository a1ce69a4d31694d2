"""An answer is taken as it was asked for, or refused with a reason that can be told."""

from __future__ import annotations

import pytest

from pitstop.errors import PatchError
from pitstop.proposing.answers import Edit, Proposal, Refusal, applied, parse

TEXT = "import time\n\n\ndef f(x):\n    return x\n\n\ndef g(x):\n    return x\n"


def block(path: str, old: str, new: str) -> str:
    return f"FILE: {path}\n<<<<<<< OLD\n{old}=======\n{new}>>>>>>> NEW\n"


def changed(old: str, new: str, text: str = TEXT, imported: frozenset[str] = frozenset()) -> str:
    return applied([Edit("a.py", old, new)], {"a.py": text}, imported)["a.py"]


def test_title_risk_and_edits_are_read_whatever_stands_around() -> None:
    said = (
        "Sure!\nTITLE: Do it once\nRISK: none\n"
        + block("`a.py`", "x\n", "y\nz\n")
        + "\n"
        + block("b.py", "1\n", "")
    )
    assert parse(said) == Proposal(
        "Do it once", "none", (Edit("a.py", "x\n", "y\nz\n"), Edit("b.py", "1\n", ""))
    )


def test_line_ends_of_another_system_are_no_matter() -> None:
    assert parse(block("a.py", "x\n", "y\n").replace("\n", "\r\n")) == parse(block("a.py", "x\n", "y\n"))


def test_that_nothing_is_proposed_is_an_answer() -> None:
    assert parse("DECLINE: callers rely on it") == Refusal("callers rely on it")


@pytest.mark.parametrize(
    "said",
    ["", "Just use a join.", '{"edits": []}', "FILE: a.py\n<<<<<<< OLD\nx\n=======\ny\n", block("a.py", "x\n", "y\n") + "<<<<<<< OLD\n"],
)  # fmt: skip
def test_another_form_is_refused(said: str) -> None:
    with pytest.raises(PatchError, match="no block of the form"):
        parse(said)


def test_too_much_is_refused() -> None:
    with pytest.raises(PatchError, match="13 blocks; at most 12"):
        parse(block("a.py", "x\n", "y\n") * 13)
    with pytest.raises(PatchError, match="201 new lines; at most 200"):
        parse(block("a.py", "x\n", "y\n" * 201))


def test_whole_lines_are_replaced() -> None:
    assert changed("def f(x):\n    return x\n", "def f(y):\n    return y\n") == TEXT.replace(
        "f(x):\n    return x", "f(y):\n    return y"
    )


def test_lines_may_go_without_others_in_their_place() -> None:
    assert changed("import time\n", "") == TEXT.removeprefix("import time\n")


def test_a_file_keeps_its_line_ends_and_its_mark() -> None:
    made = changed("import time\n", "import json\nimport time\n", "\ufeff" + TEXT.replace("\n", "\r\n"))
    assert made == "\ufeff" + ("import json\n" + TEXT).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    return x\n", "    return 1\n", "are there 2 times"),
        ("return x\n", "return 1\n", "not in the file exactly so"),
        ("    return y\n", "    return 1\n", "not in the file exactly so"),
        ("import tim\n", "import json\n", "not in the file exactly so"),
        ("\n", "x = 1\n", "is empty"),
        ("import time\n", "import time\n", "change nothing"),
        ("import time\n", "import (\n", "would not parse"),
        ("import time\n", "return 1\n", "would not parse"),
        ("import time\n", "import time  # pitstop: ignore[x]\n", "hides the finding"),
        ("import time\n", "import subprocess\n", "must not import subprocess"),
        ("import time\n", "import requests\n", "must not import requests"),
        ("import time\n", "from os import system\n", "must not import os"),
        ("import time\n", "x = eval('1')\n", "must not use eval"),
        ("import time\n", "x = open('a')\n", "must not use open"),
        ("import time\n", "x = p.write_text('a')\n", "must not use p.write_text"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(PatchError, match=reason):
        changed(old, new)


def test_what_the_file_uses_already_may_be_used() -> None:
    text = "import os\n\nx = os.getcwd()\ny = open(x)\n"
    assert changed("y = open(x)\n", "z = open(x)\n", text)
    with pytest.raises(PatchError, match=r"must not use os\.remove"):
        changed("y = open(x)\n", "y = os.remove(x)\n", text)
    with pytest.raises(PatchError, match="must not use system"):
        changed("import os\n", "import os\nfrom os import system\n", text)


def test_what_the_project_imports_elsewhere_may_be_imported_unless_it_reaches_past_the_service() -> None:
    assert changed("import time\n", "import httpx\n", imported=frozenset({"httpx"}))
    with pytest.raises(PatchError, match="must not import subprocess"):
        changed("import time\n", "import subprocess\n", imported=frozenset({"subprocess"}))


def test_re_compile_is_no_compile() -> None:
    assert changed("import time\n", "import re\n\nFORM = re.compile('a')\n")


@pytest.mark.parametrize(
    "path", ["../b.py", "/etc/passwd", "b.py", ".env", "tests/test_a.py", "a.py/../a.py"]
)
def test_only_files_that_were_shown_are_changed(path: str) -> None:
    with pytest.raises(PatchError, match="not one of the files that were shown"):
        applied([Edit(path, "x\n", "y\n")], {"a.py": TEXT}, frozenset())


def test_two_edits_of_one_place_are_refused_and_of_two_places_are_made() -> None:
    first = Edit("a.py", "def f(x):\n    return x\n", "def f(x):\n    return 1\n")
    with pytest.raises(PatchError, match="two blocks change the same lines"):
        applied([first, Edit("a.py", "def f(x):\n", "def f(y):\n")], {"a.py": TEXT}, frozenset())
    other = Edit("a.py", "import time\n", "")
    assert applied([first, other], {"a.py": TEXT}, frozenset())["a.py"].startswith(
        "\n\ndef f(x):\n    return 1\n"
    )
