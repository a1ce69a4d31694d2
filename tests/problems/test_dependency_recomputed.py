"""`dependency-recomputed`: the value of the first run for all who need it, where none of them changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import patched, reason, service

PROBLEM = "dependency-recomputed"
MAIN = """
def customer(session: SessionDep, id: int) -> dict:
    found = session.scalars(select(Customer).where(Customer.id == id)).one()
    return {{"id": found.id, "email": found.email}}


def orders_of(user: Annotated[dict, Depends({inner})]) -> str:
    return user["email"]


@app.get("/orders/{{id}}")
def orders(email: Annotated[str, Depends(orders_of)], user: dict = Depends(customer{outer})) -> dict:
    {body}
    return user
"""


def tree(
    root: Path, *, inner: str = "customer", outer: str = ", use_cache=False", body: str = "pass"
) -> Path:
    files = service(MAIN.format(inner=inner, outer=outer, body=body))
    main = files["app/main.py"].replace("import FastAPI", "import Depends, FastAPI")
    files["app/main.py"] = f"from typing import Annotated\n\n{main}"
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


def test_each_place_that_runs_it_again_takes_what_is_there(tmp_path: Path) -> None:
    tree(tmp_path)
    diff = patched(tmp_path, PROBLEM)
    assert "user: dict = Depends(customer)) -> dict:" in diff
    assert diff.count("\n+") == 2


def test_a_first_run_may_stay_without_cache(tmp_path: Path) -> None:
    tree(tmp_path, inner="customer, use_cache=False")
    patched(tmp_path, PROBLEM)
    assert "Depends(customer, use_cache=False)]" in (tmp_path / "app/main.py").read_text("utf-8")


@pytest.mark.parametrize("body", ['user["seen"] = True', 'user.setdefault("seen", 1)', 'del user["email"]'])
def test_what_a_function_changes_is_its_own(body: str, tmp_path: Path) -> None:
    assert "`orders` changes `user`" in reason(tree(tmp_path, body=body), PROBLEM)


def test_what_else_a_function_changes_does_not_matter(tmp_path: Path) -> None:
    patched(tree(tmp_path, body='other = {}; other["seen"] = user["id"]'), PROBLEM)
