"""What was sent and answered at the routes of findings about sizes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, Memory, Run
from pitstop.traces.store import Traces

FORM = (("content-type", "multipart/form-data; boundary=x"),)
UPLOADED: dict[str, Any] = {
    "key": "replay#1",
    "method": "POST",
    "path": "/pictures/7",
    "route": "/pictures/{number}",
    "status": 200,
    "request_headers": FORM,
    "request_bytes": 5_000_000,
}


def detected(name: str, tree: Path, *exchanges: Exchange) -> list[Finding]:
    detector = discover()[name].detector
    assert detector is not None
    with Traces.load(Run(exchanges=exchanges)) as traces:
        return list(detector(traces, project.read(tree, cache=False)))


def example(name: str, folder: Path) -> Path:
    """The example of a problem's page that is to be found."""
    from ..house.tree import code_files, section
    from .trees import write

    text = section((discover()[name].folder / "README.md").read_text("utf-8"), "Bad")
    assert text is not None
    return write(folder, code_files(text))


def test_the_largest_upload_of_a_route_is_told(tmp_path: Path) -> None:
    tree = example("upload-read-whole", tmp_path)
    smaller = Exchange(**UPLOADED | {"request_bytes": 2_000_000})
    memory = Memory(peak_bytes=7_000_000)
    (finding,) = detected("upload-read-whole", tree, smaller, Exchange(**UPLOADED, memory=memory), smaller)
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert finding.confidence == "likely"
    assert evidence.figures == {"request_bytes": 5_000_000, "peak_bytes": 7_000_000}
    assert evidence.text == "POST /pictures/{number} took 5.0 MB in one request, and held 7.0 MB at most"


@pytest.mark.parametrize(
    "other",
    [
        {"request_bytes": 1_000_000},
        {"status": 413},
        {"request_headers": (("content-type", "application/json"),)},
        {"route": "/others"},
    ],
    ids=["small", "refused", "no form", "elsewhere"],
)
def test_other_requests_tell_nothing_of_an_upload(other: dict[str, Any], tmp_path: Path) -> None:
    tree = example("upload-read-whole", tmp_path)
    assert detected("upload-read-whole", tree, Exchange(**UPLOADED | other)) == []


def listed(answer: object, **others: Any) -> Exchange:
    content = json.dumps(answer).encode()
    given: dict[str, Any] = {
        "key": "replay#1",
        "method": "GET",
        "path": "/trips",
        "route": "/trips",
        "status": 200,
    }
    body = Body(base64.b64encode(content).decode())
    return Exchange(**given | {"response_body": body, "response_bytes": len(content)} | others)


def trips(count: int, stops: int, title: str = "") -> list[dict[str, object]]:
    return [
        {
            "id": number,
            "title": title,
            "stops": [{"id": each, "name": "a stop on the way"} for each in range(stops)],
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("is_page", [False, True])
def test_lists_within_the_items_of_a_list_are_told(is_page: bool, tmp_path: Path) -> None:
    tree = example("oversized-payload", tmp_path)
    found = trips(50, 20)
    answer = {"total": 50, "items": found} if is_page else found
    (finding,) = detected(
        "oversized-payload", tree, listed(trips(50, 10)), listed(answer), listed(trips(50, 10))
    )
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert finding.confidence == "certain"
    assert (evidence.route, evidence.figures["items"]) == ("GET /trips", 50)
    assert 0.9 < evidence.figures["bytes_within"] / evidence.figures["bytes"] < 1


@pytest.mark.parametrize(
    "exchange",
    [
        listed(trips(5, 20)),
        listed(trips(50, 20, title="a" * 2_000)),
        listed(trips(50, 20), status=203),
        listed(trips(50, 20), route="/others"),
        listed({"items": trips(50, 20), "others": [1]}),
        listed(["a trip"] * 5_000),
        listed(trips(50, 20), response_body=Body(base64.b64encode(b"no JSON").decode())),
    ],
    ids=["small", "mostly text", "otherwise", "elsewhere", "two lists", "no objects", "no JSON"],
)
def test_other_answers_tell_nothing_of_a_list(exchange: Exchange, tmp_path: Path) -> None:
    assert detected("oversized-payload", example("oversized-payload", tmp_path), exchange) == []
