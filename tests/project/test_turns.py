"""Loops whose turns are few, or hold something slower than a query: told, but as *possible*."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_precision import confidences

LINE = """
class Tag(BaseModel):
    id: int
class NewOrder(BaseModel):
    tags: list[Tag]
    tag_ids: list[int]
"""


@pytest.mark.parametrize(
    ("parameters", "loop", "body", "expected"),
    [
        ("data: NewOrder", "for x in data.tags", "", "possible"),
        ("data: NewOrder", "for x in data.tags or []", "", "possible"),
        ("data: NewOrder", "for x in data.tag_ids", "", "likely"),
        ("data: NewOrder", "for x in load(data).tags", "", "likely"),
        ("order: Order", "for x in order.lines", "", "likely"),
        ("order", "for x in order.tags", "", "likely"),
        ("data: NewOrder", "for x in rows(data)", "", "likely"),
        ("tags: list[Tag]", "for x in tags", "", "likely"),
        ("data: dict[str, int]", "for x in data", "", "possible"),
        ("data: dict[str, int]", "for key, x in data.items()", "", "possible"),
        ("data", "for x in data.values()", "", "possible"),
        ("data", "for x in data.values('id')", "", "likely"),
        ("ids: list[int]", "for x in ids", "requests.post('http://other', timeout=1)", "possible"),
        ("ids: list[int]", "for x in ids", "tell(x)", "possible"),
        ("ids: list[int]", "for x in ids", "subprocess.run(['convert'])", "possible"),
        ("ids: list[int]", "for x in ids", "keep(x)", "likely"),
        (
            "ids: list[int]",
            "for x in ids",
            "try: keep(x)\n        except ValueError: tell(x)",
            "likely",
        ),
    ],
)
def test_queries_in_loops_that_hardly_matter(
    tmp_path: Path, parameters: str, loop: str, body: str, expected: str
) -> None:
    text = f"""{LINE}
def load(data) -> NewOrder: ...
def rows(data) -> list[Order]: ...
def tell(x): requests.post("http://other", json=x, timeout=1)
def keep(x): open("kept").write(str(x))
def work({parameters}, db: Session):
    {loop}:
        db.get(Order, x)
        {body or "pass"}
@app.get("/x")
def handler(db: Session = Depends(session)): work({parameters.partition(":")[0]}_sent, db)
"""
    assert confidences(tmp_path, "n-plus-one-loop", text) == [expected]


@pytest.mark.parametrize(("calls", "expected"), [(4, "likely"), (5, "possible")])
def test_a_way_over_many_calls_is_not_sure(tmp_path: Path, calls: int, expected: str) -> None:
    """The loop and its query lie in the last of the functions."""
    steps = "".join(f"def step{n}(db, ids): step{n + 1}(db, ids)\n" for n in range(1, calls))
    text = f"""
{steps}def step{calls}(db: Session, ids: list[int]):
    for x in ids:
        db.get(Order, x)
@app.get("/x")
def handler(ids: list[int], db: Session = Depends(session)): step1(db, ids)
"""
    assert confidences(tmp_path, "n-plus-one-loop", text) == [expected]
