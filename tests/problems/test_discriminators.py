"""`smart-union-where-discriminated`: the tag named as discriminator, as the page has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Declined
from pitstop.problems import discover

from .choices import chosen, mended
from .test_readmes import examples
from .trees import write

PROBLEM = discover()["smart-union-where-discriminated"]
BAD = examples(PROBLEM, "Bad")["app/main.py"]
UNION = "Card | Transfer | Cash"


def test_the_tag_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"app/main.py": BAD})
    mended(tmp_path, PROBLEM.name, "discriminator")
    assert (tmp_path / "app/main.py").read_text("utf-8") == examples(PROBLEM, "Good")["app/main.py"]


def test_a_union_in_another_spelling_and_with_typing_extensions(tmp_path: Path) -> None:
    main = BAD.replace(UNION, "Union[Card, Transfer, Cash]").replace(
        "import Literal\n", "import Literal, Union\n\nfrom typing_extensions import Annotated\n"
    )
    assert UNION not in main
    write(tmp_path, {"app/main.py": f"{main}\n\nAnnotated[int, 1]\n"})
    diff = mended(tmp_path, PROBLEM.name, "discriminator")
    assert '+    payments: list[Annotated[Union[Card, Transfer, Cash], Discriminator("method")]]\n' in diff
    assert "+from typing" not in diff


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('Literal["cash"]', 'Literal["cash"] = "cash"', "has a default"),
        (f"list[{UNION}]", f'list[Annotated[{UNION}, "payments"]]', "`Annotated` already"),
    ],
)
def test_what_may_mean_more_is_left_alone(old: str, new: str, why: str, tmp_path: Path) -> None:
    assert old in BAD
    main = BAD.replace("import Literal", "import Annotated, Literal").replace(old, new)
    write(tmp_path, {"app/main.py": main})
    (given,) = chosen(tmp_path, PROBLEM.name, "discriminator")
    assert isinstance(given, Declined), given
    assert why in given.reason
