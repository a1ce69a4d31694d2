"""Reports of services whose names and messages mean something to who reads the report, and of one with thousands of findings."""

from __future__ import annotations

import msgspec

from pitstop.data import Finding, FixOutlook, Location, ProjectSummary, Report, Skipped, TraceEvidence
from pitstop.promises import ContractChange, ContractComparison
from pitstop.verdicts import Changed, Difference, Unproven

from .sample import DIFF, EMPTY, PATCHES

TEXT = "a|b <script>alert(1)</script> @all *x* __init__ #12 %0A\n::error::\x00\x1b[31m\ud800\ufffe `<i>|`"
PATH = "a b/ä,c:d%25#?.py"
HOSTILE = msgspec.structs.replace(
    EMPTY,
    project=ProjectSummary(app="x:app", folder="services/a b"),
    findings=(
        Finding(
            id="e1b2c3d4e5f6",
            problem="n-plus-one-loop",
            domain="database",
            severity="high",
            confidence="certain",
            message=TEXT,
            location=Location(path=PATH, line=3, column=5, end_line=4, end_column=9, symbol="f<T>"),
            route=f"GET /{TEXT}",
            call_path=(Location(path=PATH, line=3), Location(path="b.py", line=9)),
            places=tuple(Location(path=PATH, line=line) for line in range(1, 300)),
            evidence=(TraceEvidence(text=TEXT, figures={"statements": 3.0}, statement=TEXT),),
            fix=FixOutlook(fix_class="proved"),
        ),
    ),
    skipped=(
        Skipped(stage="read", subject=PATH, reason=TEXT),
        Skipped(stage="read", subject=PATH, reason=""),
    ),
    next=TEXT,
)
MANY = msgspec.structs.replace(
    EMPTY,
    findings=tuple(
        msgspec.structs.replace(
            HOSTILE.findings[0],
            id=f"{number:012x}",
            message=f"finding {number} of many",
            places=HOSTILE.findings[0].places if number < 20 else (),
        )
        for number in range(6_000)
    ),
)
CHANGE = ContractChange(
    rule="response-property-removed",
    severity="breaking",
    operation="GET /a",
    place="response 200",
    text="`b` is gone",
)
JUDGED: Report = msgspec.structs.replace(
    EMPTY,
    patches=(msgspec.structs.replace(PATCHES[0], finding=""),),
    verdicts=(
        Changed(
            patch="p1",
            finding="",
            problem="change",
            title="HEAD~1..HEAD",
            reason="an answer is not as before",
            differences=(
                Difference(
                    kind="body", where="GET /a", before="1", after="2", again="pitstop prove --test t"
                ),
                Difference(kind="contract", where="GET /a", before="", after="", change=CHANGE),
                *(Difference(kind="rows", where=f"t{n}", before="1", after="0") for n in range(8)),
            ),
        ),
    ),
    contract=ContractComparison(
        before="a.json",
        after="b.json",
        changes=(
            CHANGE,
            msgspec.structs.replace(CHANGE, severity="warning", text="may break"),
            msgspec.structs.replace(CHANGE, severity="info", text="breaks nobody"),
        ),
    ),
)
"""Somebody's own change that was found to break something, at line 18 of `blog/posts.py`."""
UNSURE: Report = msgspec.structs.replace(
    JUDGED,
    verdicts=(
        Unproven(patch="p1", finding="", problem="change", title="HEAD~1..HEAD", reason="nothing ran it"),
    ),
    contract=None,
)
assert DIFF in JUDGED.patches[0].diff
