"""`sync-route-without-blocking-work`, of classes as dependencies: what gives them, and where they are left as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

NAME = "sync-route-without-blocking-work"
MAIN = """\
from typing import Annotated

from fastapi import Depends, FastAPI, Request

app = FastAPI()


async def session(request: Request) -> str:
    return request.app.state.session


class Repository:
    def __init__(self, session: Annotated[str, Depends(session)]) -> None:
        self.session = session


class Users(Repository):
    pass


class Accounts:
    def __init__(self, users: Annotated[Users, Depends()], size: int = 20) -> None:
        self.users = users
        self.size = size

    def of(self, name: str) -> str:
        return self.users.session + name


UsersDep = Annotated[Users, Depends(Users)]


@app.get("/size")
async def size(accounts: Annotated[Accounts, Depends()], users: UsersDep) -> int:
    return accounts.size


@app.get("/session")
async def whose(users: Users = Depends()) -> str:
    return users.session
"""


def test_a_coroutine_of_the_class_gives_it(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, NAME)
    text = (root / "main.py").read_text()
    assert (
        "        self.session = session\n\n    @classmethod\n"
        "    async def provide(cls, session: Annotated[str, Depends(session)]) -> Self:\n        return cls(session)\n"
    ) in text
    assert "    def __init__(self, users: Users, size: int = 20) -> None:\n" in text
    assert (
        "    async def provide(\n        cls, users: Annotated[Users, Depends(Users.provide)], size: int = 20\n    ) -> Self:\n"
        "        return cls(users, size)\n\n    def of(self"
    ) in text
    assert "UsersDep = Annotated[Users, Depends(Users.provide)]\n" in text
    assert "accounts: Annotated[Accounts, Depends(Accounts.provide)], users: UsersDep" in text
    assert "users: Users = Depends(Users.provide)) -> str" in text
    assert "from typing_extensions import Self\n" in text
    assert text.count("def provide(") == 2
    assert is_formatted(root, ["main.py"])


def test_self_is_taken_from_where_the_project_takes_it(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN, "other.py": "from typing import Self\n"})
    patched(root, NAME)
    assert "from typing import Annotated, Self\n" in (root / "main.py").read_text()


def test_parameters_on_their_own_lines_stay_so(tmp_path: Path) -> None:
    old = "    def __init__(self, users: Annotated[Users, Depends()], size: int = 20) -> None:\n"
    new = "    def __init__(\n        self,\n        users: Annotated[Users, Depends()],\n        size: int = 20,\n    ) -> None:\n"
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    patched(root, NAME)
    assert (
        "    async def provide(\n        cls,\n        users: Annotated[Users, Depends(Users.provide)],\n        size: int = 20,\n    ) -> Self:\n"
    ) in (root / "main.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "UsersDep = ",
            "app.dependency_overrides[Users] = lambda: None\nUsersDep = ",
            "by `dependency_overrides`",
        ),
        ("Depends(Users)]", "Depends(Users, use_cache=False)]", "says more than what the dependency is"),
        (
            "    def of(self",
            "    provide = None\n\n    def of(self",
            "`Accounts.provide` means something else already",
        ),
        (
            "size: int = 20) -> None",
            "*, size: int = 20) -> None",
            "takes what no other function can be given",
        ),
        (
            "class Users(Repository):\n    pass\n\n\nclass Accounts:",
            "class Users(Repository):\n    pass\n\n\nclass Accounts(Users):",
            "are made in two ways",
        ),
    ],
)
def test_what_hangs_on_the_classes_keeps_them_as_they_are(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert MAIN.count(old) == 1
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    assert words in reason(root, NAME)
