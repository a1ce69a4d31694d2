"""Documents for the page: the report with one of everything, with pictures drawn beside; a hostile one; a very large one."""

from __future__ import annotations

import json
from typing import Any

from pitstop.data import Report
from pitstop.reports.html import document
from tests.reports.sample import POSTS, REPORT

EVIL = "<img src=x onerror=alert(1)>"
SELECT = "SELECT authors.id, authors.name FROM authors WHERE authors.id = ? ORDER BY authors.name"
SOURCE = '''\
@router.get("/posts")
async def list_posts(session: Session) -> list[Post]:
    """All posts, with who wrote them."""
    posts = (await session.scalars(select(Post))).all()
    return [await present(post, session) for post in posts]
'''


def box(name: str, kind: str, ms: float, *inner: dict[str, Any]) -> dict[str, Any]:
    """A box of a flame graph."""
    return {"name": name, "kind": kind, "ms": ms, "path": "blog/posts.py", "line": 21, "inner": list(inner)}


def told(report: Report) -> dict[str, Any]:
    """What the page is given of a report."""
    found: dict[str, Any] = json.loads(document(report))
    return found


def whole() -> dict[str, Any]:
    """The report with one of everything, and pictures of its first route."""
    found = told(REPORT)
    report = found["report"]
    report["excerpts"] = [{"path": "blog/posts.py", "line": 18, "text": SOURCE}]
    report["flames"] = [
        {
            "route": POSTS,
            "requests": 12,
            "boxes": [
                box("middleware", "middleware", 400, box("list_posts", "handler", 300, box("present", "function", 200))),
                box("serialisation", "serialisation", 12),
            ],
        }
    ]  # fmt: skip
    report["plans"] = [
        {
            "statement": SELECT,
            "database": "SQLite",
            "count": 600,
            "ms": 375.5,
            "routes": [POSTS],
            "steps": [
                {
                    "text": "SCAN authors",
                    "reads": "scan",
                    "rows": 5000,
                    "inner": [{"text": "SEARCH names", "reads": "search"}],
                }
            ],
        }
    ]
    report["checks"] = [
        check("before merging", "Does no request wait in a loop?", "no", ["a1b2c3d4e5f6"]),
        check("before merging", "Is every list bounded?", "yes", []),
        check("before deploying", "Do the pools fit the server?", "unknown", []),
    ]
    report["slowest"] = [
        {
            "route": POSTS,
            "ms": 540.0,
            "status": 200,
            "test": "tests/test_posts.py::test_posts",
            "steps": [
                {"name": "get_db", "kind": "dependency", "start_ms": 1, "ms": 60, "path": "app/db.py", "line": 7},
                {"name": "list_posts", "kind": "handler", "start_ms": 62, "ms": 470},
                {"name": SELECT, "kind": "database", "start_ms": 70, "ms": 440, "times": 50},
                {"name": "body", "kind": "body", "start_ms": 0, "ms": 0.4},
            ],
            "shorter": 3,
            "shorter_ms": 0.8,
        }
    ]  # fmt: skip
    trial = {
        "statement": SELECT, "count": 9, "routes": [POSTS], "before_ms": 12.0, "after_ms": 0.5, "before_work": 900, "after_work": 3,
    }  # fmt: skip
    report["indexes"] = {
        "suggested": [
            {
                "table": "authors", "columns": ["name"], "ddl": "CREATE INDEX ix_authors_name ON authors (name)",
                "statements": [trial], "work_unit": "steps", "size_bytes": 4 << 20, "build_ms": 120.0, "saved_ms": 103.5,
                "insert_us_before": 10.0, "insert_us_after": 12.5,
            }
        ],
        "rejected": [], "unused": [], "duplicates": [], "untried": [{"subject": "", "reason": "one statement had no plan"}],
    }  # fmt: skip
    report["contract"] = {
        "before": "v1.json",
        "after": "v2.json",
        "changes": [change("breaking", "`price` is gone"), change("info", "a field more")],
    }
    return found


def check(name: str, question: str, answer: str, findings: list[str]) -> dict[str, Any]:
    """An answered question of a checklist."""
    return {
        "list": name,
        "question": question,
        "answer": answer,
        "because": "it was seen",
        "findings": findings,
    }


def change(severity: str, text: str) -> dict[str, str]:
    """A change of a contract."""
    return {
        "rule": "response-changed", "severity": severity, "operation": POSTS, "place": "response 200", "text": text,
        "before": "", "after": "", "model": "",
    }  # fmt: skip


def hostile(value: Any) -> Any:
    """The same document, but all of its free texts are HTML that would call out."""
    kept = {
        "severity",
        "confidence",
        "kind",
        "outcome",
        "metric",
        "class",
        "reads",
        "answer",
        "domain",
        "id",
        "finding",
    }
    kept |= {"patch", "diff", "list", "unit"}
    if isinstance(value, dict):
        return {
            name: held if name in kept else EVIL if isinstance(held, str) and held else hostile(held)
            for name, held in value.items()
        }
    if isinstance(value, list):
        return [EVIL if isinstance(held, str) else hostile(held) for held in value]
    return value


def large(number: int = 8_000) -> dict[str, Any]:
    """A document of more than 10 MB."""
    found = told(REPORT)
    first = found["report"]["findings"][0]
    severities = ("high", "medium", "low")
    found["report"]["findings"] = [
        {
            **first,
            "id": f"{position:012x}",
            "severity": severities[position % 3],
            "message": f"Finding {position} of many: the author is fetched inside the loop over the posts",
            "location": {
                **first["location"],
                "path": f"blog/part_{position % 97}/posts.py",
                "line": position + 1,
            },
        }
        for position in range(number)
    ]
    return found
