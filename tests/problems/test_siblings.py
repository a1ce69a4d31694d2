"""What the author of a change is asked, and what a person has to decide."""

from __future__ import annotations

from pathlib import Path

from pitstop.problems.siblings import decisions, questions
from pitstop.project import Project, read

from .trees import write

HEAD = """from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException

app = FastAPI()
router = APIRouter()


def current_user(authorization: str = Header()) -> str:
    if not authorization:
        raise HTTPException(401)
    return authorization
"""
ROUTE = """

@router.%s("/%s"%s)
def %s(%s)%s:
    return 1
"""
USER = "user: str = Depends(current_user)"
FOUR = "".join(
    ROUTE
    % (method, name, ", status_code=201" if method == "post" else "", f"{method}_{name}", USER, " -> int")
    for name in ("a", "b", "c")
    for method in ("get", "post")
)
END = "\n\napp.include_router(router)\n"


def project(folder: Path, text: str) -> Project:
    return read(write(folder, {"main.py": text}), cache=False)


def asked(tmp_path: Path, before: str, after: str) -> list[str]:
    return [
        each.text for each in questions(project(tmp_path / "old", before), project(tmp_path / "new", after))
    ]


def test_a_new_route_that_does_as_its_siblings_is_no_question(tmp_path: Path) -> None:
    new = ROUTE % ("post", "d", ", status_code=201", "post_d", USER, " -> int")
    assert asked(tmp_path, HEAD + FOUR + END, HEAD + FOUR + new + END) == []


def test_a_new_route_without_what_each_sibling_has_is_one(tmp_path: Path) -> None:
    new = ROUTE % ("post", "d", "", "post_d", "", "")
    found = asked(tmp_path, HEAD + FOUR + END, HEAD + FOUR + new + END)
    assert found == [
        "All 6 other routes of its router ask who is calling, and POST /d does not. Is it for anybody?",
        "All 6 other routes of its router say what they answer with, and POST /d does not. What is its response model?",
        "All 3 other POST routes of its router answer with 201, and POST /d with 200. Is that meant?",
    ]


def test_where_siblings_differ_or_are_few_nothing_is_asked(tmp_path: Path) -> None:
    new = ROUTE % ("post", "d", "", "post_d", "", "")
    mixed = FOUR + ROUTE % ("get", "open", "", "get_open", "", "")
    assert asked(tmp_path, HEAD + mixed + END, HEAD + mixed + new + END) == [
        "All 3 other POST routes of its router answer with 201, and POST /d with 200. Is that meant?"
    ]
    few = ROUTE % ("post", "a", ", status_code=201", "post_a", USER, " -> int")
    assert asked(tmp_path, HEAD + few + END, HEAD + few + new + END) == []


def test_a_route_that_asks_no_longer_who_is_calling_is_one(tmp_path: Path) -> None:
    before = HEAD + FOUR + END
    found = asked(tmp_path, before, before.replace(f"def get_b({USER})", "def get_b()"))
    assert found == ["GET /b asked who is calling and does so no longer. Is it for anybody now?"]
    assert asked(tmp_path, before.replace(f"def get_b({USER})", "def get_b()"), before) == []


WEAKER = """

def admin_user(authorization: str = Header()) -> str:
    if authorization != "admin":
        raise HTTPException(403)
    return authorization


def owner_user(user: str = Depends(current_user)) -> str:
    if not user:
        raise HTTPException(403)
    return user
"""


def test_a_route_that_another_dependency_asks_for_is_one(tmp_path: Path) -> None:
    before = HEAD + WEAKER + FOUR.replace("current_user", "admin_user") + END
    one = before.replace(
        "def get_b(user: str = Depends(admin_user)", "def get_b(user: str = Depends(current_user)"
    )
    assert asked(tmp_path / "one", before, one) == [
        "GET /b asked `admin_user` who is calling, and now `current_user`. Is that meant?"
    ]
    two = one.replace(
        "def get_c(user: str = Depends(admin_user)", "def get_c(user: str = Depends(current_user)"
    )
    assert asked(tmp_path / "two", before, two) == [
        "GET /b and GET /c asked `admin_user` who is calling, and now `current_user`. Is that meant?"
    ]
    every = before.replace("Depends(admin_user)", "Depends(current_user)")
    assert asked(tmp_path / "every", before, every) == [
        "GET /a and 5 more routes asked `admin_user` who is calling, and now `current_user`. Is that meant?"
    ]


def test_what_still_runs_has_another_name_or_is_called_by_hand_is_none(tmp_path: Path) -> None:
    before = HEAD + WEAKER + FOUR + END
    stronger = before.replace(
        "def get_b(user: str = Depends(current_user)", "def get_b(user: str = Depends(owner_user)"
    )
    assert asked(tmp_path / "stronger", before, stronger) == []
    assert asked(tmp_path / "renamed", before, before.replace("current_user", "logged_in_user")) == []
    by_hand = before.replace(
        "def get_b(user: str = Depends(current_user)) -> int:\n",
        "def get_b(user: str = Depends(admin_user)) -> int:\n    current_user(user)\n",
    )
    assert by_hand != before
    assert asked(tmp_path / "by_hand", before, by_hand) == []


def test_what_runs_for_every_request_is_for_a_person_to_decide(tmp_path: Path) -> None:
    more = """

@app.middleware("http")
async def timed(request, call_next):
    return await call_next(request)


@app.exception_handler(KeyError)
async def missing(request, error):
    raise HTTPException(404)
"""
    old, new = project(tmp_path / "old", HEAD), project(tmp_path / "new", HEAD + more)
    assert [(each.kind, each.text, each.path) for each in decisions(old, new)] == [
        ("middleware", "`timed` runs for every request now", "main.py"),
        ("error handling", "`missing` answers for exceptions of all routes now", "main.py"),
    ]
    assert [each.text for each in decisions(new, old)] == [
        "`timed` runs for no request any more",
        "`missing` answers for exceptions no more",
    ]
    assert list(decisions(new, new)) == []


def test_a_handler_that_goes_with_its_exception_is_nothing_to_decide(tmp_path: Path) -> None:
    own = """

class Missing(Exception):
    pass
"""
    handler = """

@app.exception_handler(Missing)
async def missing(request, error):
    raise HTTPException(404)
"""
    old = project(tmp_path / "old", HEAD + own + handler)
    assert list(decisions(old, project(tmp_path / "gone", HEAD))) == []
    (decision,) = decisions(old, project(tmp_path / "kept", HEAD + own))
    assert decision.text == "`missing` answers for exceptions no more"
