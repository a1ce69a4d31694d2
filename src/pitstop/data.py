"""Every value passed between stages, in pipeline order. All are frozen; none holds a syntax node.

Durations are nanoseconds in fields ending in `_ns`, milliseconds in fields ending in `_ms`. Paths are relative to the
project's root, with forward slashes. Lines and columns start at 1; a column counts characters.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from pitstop.budgets import Spent
from pitstop.consulted import Consulted
from pitstop.diagnoses import Diagnosis
from pitstop.measures import (
    CacheSummary,
    ConnectionSummary,
    FileReads,
    FilledDatabase,
    Growth,
    MeasuredRun,
    PoolSummary,
    RouteCoverage,
    RouteMemory,
    RouteSummary,
    ServedRun,
    Traffic,
    Waterfall,
    WorkloadSummary,
)
from pitstop.pictures import Check, Excerpt, Flame, StatementPlan
from pitstop.promises import ContractComparison
from pitstop.reviews import Review
from pitstop.trials import Advice
from pitstop.values import Value
from pitstop.verdicts import Metric, Verdict

Domain = Literal[
    "async",
    "database",
    "request-response",
    "middleware",
    "auth",
    "caching",
    "server",
    "api-design",
    "errors",
    "state",
    "architecture",
    "llm",
    "memory",
]
Severity = Literal["high", "medium", "low"]
Confidence = Literal["certain", "likely", "possible"]
FixClass = Literal["safe", "proved", "decide", "none"]


# --- where -----------------------------------------------------------------------------------------------------------


class Location(Value, frozen=True, kw_only=True):
    """A span of source text, and the qualified name of the function or class that owns it."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0
    symbol: str = ""


# --- what was seen ---------------------------------------------------------------------------------------------------


class SourceEvidence(Value, frozen=True, kw_only=True, tag_field="kind", tag="source"):
    """What reading the code showed."""

    text: str
    locations: tuple[Location, ...] = ()


class TraceEvidence(Value, frozen=True, kw_only=True, tag_field="kind", tag="trace"):
    """What measuring the running app showed. `figures` are named with their unit, e.g. `statements`, `blocked_ms`."""

    text: str
    figures: dict[str, float] = msgspec.field(default_factory=dict)
    statement: str = ""
    route: str = ""
    locations: tuple[Location, ...] = ()


Evidence = SourceEvidence | TraceEvidence


class Impact(Value, frozen=True, kw_only=True):
    """What the problem costs, or what its repair is expected to gain.

    `expected` is a range of ratios (after is that many times better) with its `source`; `measured` holds figures of
    this very service per request.
    """

    text: str
    expected: tuple[float, float] | None = None
    source: str = ""
    measured: dict[str, float] = msgspec.field(default_factory=dict)


class Option(Value, frozen=True, kw_only=True):
    """One way to put a finding right, for a person to choose by its `name`. Of one that pitstop can make, `diff` is what it would change."""

    name: str
    text: str
    effect: str = ""
    complexity: str = ""
    risk: str = ""
    compatibility: str = ""
    """What callers would have to change, or would notice."""
    diff: str = ""


class FixOutlook(Value, frozen=True, kw_only=True, rename={"fix_class": "class"}):
    """What pitstop can do about a finding."""

    fix_class: FixClass
    options: tuple[Option, ...] = ()


class Finding(Value, frozen=True, kw_only=True):
    """One problem at one place, with all that is known of it."""

    id: str
    problem: str
    domain: Domain
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    route: str = ""
    routes: tuple[str, ...] = ()
    call_path: tuple[Location, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    impact: Impact | None = None
    fix: FixOutlook = FixOutlook(fix_class="none")
    places: tuple[Location, ...] = ()
    """Further places of the same pattern, when it repeats."""


def finding_id(problem: str, owner: str, code: str) -> str:
    """The identity of a finding, the same on every run and machine.

    `owner` is the qualified name of the function or class that holds the code; `code` its text, whose white space is
    folded here. Line numbers stay out, so that an edit elsewhere in the file changes nothing.
    """
    text = "\0".join((problem, owner, " ".join(code.split())))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


# --- what is changed -------------------------------------------------------------------------------------------------


class FileChange(Value, frozen=True, kw_only=True):
    """One file before and after. `before` is None for a new file, `after` None for a removed one."""

    path: str
    before: str | None
    after: str | None


class RegressionTest(Value, frozen=True, kw_only=True):
    """A test that a repair brings along: `name` is its node id. It was seen to fail without the repair, where it counted `before`, and to
    pass with it, where it counts `after`. Of `blocked_ms` it counts the calls of `waits` that the event loop makes itself."""

    name: str
    metric: Metric
    before: int
    after: int


class Meant(Value, frozen=True, kw_only=True):
    """What a patch changes on purpose, of all that a client can see. The rest must be as before."""

    headers: tuple[str, ...] = ()
    """Headers of answers, in lower case, that may come, go, or say something else."""
    requests: tuple[str, ...] = ()
    """Requests that may be answered in another way: those of a method, as `OPTIONS`, or those that a route answers now for another, as `GET /items/new`."""
    failures: bool = False
    """Requests that the service failed with (500 or above, or an exception) may be answered."""
    compressed: bool = False
    """Bodies may be sent compressed: what is compared is what the client reads."""


class Patch(Value, frozen=True, kw_only=True):
    """The repair of one finding: the smallest edit found, and what must hold for it to be kept."""

    id: str
    finding: str
    problem: str
    title: str
    changes: tuple[FileChange, ...]
    diff: str
    aims: tuple[Metric, ...]
    """At least one of these must get better, or the patch is dropped; with none of them it must only make nothing worse."""
    routes: tuple[str, ...] = ()
    """The routes that should gain; they are the ones timed."""
    saves_alike: bool = False
    """Whether it saves each request the same, whatever else that does: the cheapest of its routes show it best, and are timed."""
    describes: tuple[str, ...] = ()
    """Routes whose so far undescribed success response the patch describes: the one contract change allowed."""
    meant: Meant = Meant()
    """What is otherwise on purpose: only of what a person chose."""
    waits: tuple[str, ...] = ()
    """Calls by their dotted names, as `time.sleep`, for which the event loop waits no more: what a regression test can watch."""
    origin: str = ""
    """The language model that proposed it, as LiteLLM names it; empty where pitstop or a person made it."""
    risk: str = ""
    validate: str = ""
    rollback: str = ""
    test: RegressionTest | None = None
    """What keeps it from coming back, part of `changes` and `diff`; made where it was asked for."""
    no_test: str = ""
    """Why there is none, where one was asked for."""


class Declined(Value, frozen=True, kw_only=True):
    """A finding that got no patch, and why. Where a person decides, `options` has what there is to choose from."""

    finding: str
    problem: str
    reason: str
    options: tuple[Option, ...] = ()


class Skipped(Value, frozen=True, kw_only=True):
    """Something that was not read, run or measured."""

    stage: str
    subject: str
    reason: str


# --- what is said ----------------------------------------------------------------------------------------------------


class Tool(Value, frozen=True, kw_only=True):
    """Who speaks."""

    name: str
    version: str


class ProjectSummary(Value, frozen=True, kw_only=True):
    """The service at a glance. `found` says how each part of the target was discovered.

    `folder` is where in its repository the project lies, empty where that is its root or there is none.
    """

    app: str = ""
    folder: str = ""
    routes: int = 0
    files: int = 0
    lines: int = 0
    found: dict[str, str] = msgspec.field(default_factory=dict)


class Effect(Value, frozen=True, kw_only=True):
    """Something that a route may do: where, and through which calls.

    `kind` is query, write, network, llm, file, process, sleep, cpu, client (one is built) or background (handed on for
    later). `blocks` says that it holds the event loop.
    """

    kind: str
    name: str
    blocks: bool
    location: Location
    path: tuple[Location, ...] = ()


class RouteEffects(Value, frozen=True, kw_only=True):
    """All that one route may do, as far as its calls could be followed: `followed` of `calls` in `functions`."""

    route: str
    location: Location
    functions: int
    calls: int
    followed: int
    effects: tuple[Effect, ...] = ()


class Unresolved(Value, frozen=True, kw_only=True):
    """A call whose target is not known: its text, how often it stands so, and where first."""

    code: str
    count: int
    location: Location


class Coverage(Value, frozen=True, kw_only=True):
    """How much of what requests run was understood."""

    routes: tuple[RouteEffects, ...]
    calls: int
    followed: int
    unresolved: tuple[Unresolved, ...] = ()


class KnownFindings(Value, frozen=True, kw_only=True):
    """What the baseline kept out of the report.

    `gone` counts its entries that nothing answers to any more.
    """

    file: str
    left_out: int
    gone: int = 0


class Report(Value, frozen=True, kw_only=True):
    """All that one run of pitstop has to say."""

    schema_version: int = 1
    tool: Tool
    project: ProjectSummary
    findings: tuple[Finding, ...] = ()
    routes: tuple[RouteSummary, ...] = ()
    connections: tuple[ConnectionSummary, ...] = ()
    patches: tuple[Patch, ...] = ()
    declined: tuple[Declined, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    known: KnownFindings | None = None
    coverage: Coverage | None = None
    slowest: tuple[Waterfall, ...] = ()
    """The slowest request of each of a few routes."""
    files: tuple[FileReads, ...] = ()
    """The files that requests read, those with the most bytes first."""
    caches: tuple[CacheSummary, ...] = ()
    """The functions under a cache of `functools`, those with the most misses first."""
    pools: tuple[PoolSummary, ...] = ()
    memory: tuple[RouteMemory, ...] | None = None
    """What the routes allocate, the most first; None where it was not measured. Where it was, all times are too long."""
    run: str = ""
    """The name under which the figures of the routes are kept, for `pitstop measure --compare`."""
    compared: MeasuredRun | None = None
    """The earlier run to compare the routes with."""
    compared_unlike: tuple[str, ...] = ()
    """What that run was asked otherwise than this one, a sentence each: differences of the routes may come from it alone."""
    route_coverage: RouteCoverage | None = None
    """Of what was measured; None where the app's OpenAPI document is not known."""
    indexes: Advice | None = None
    """What indexes are worth, tried on clones of the database; of `pitstop measure`."""
    filled: FilledDatabase | None = None
    """Of `pitstop populate`."""
    contract: ContractComparison | None = None
    """Of `pitstop contract` and `pitstop review`."""
    review: Review | None = None
    """Of `pitstop review`, whose findings are those that the change brings."""
    diagnosis: Diagnosis | None = None
    """Of `pitstop diagnose`, whose findings are those of the routes that the complaint is about."""
    growth: Growth | None = None
    """The figures of the routes with a tenth of the data, where both were measured."""
    served: tuple[ServedRun, ...] = ()
    """What a client saw, where the app was served."""
    workloads: tuple[WorkloadSummary, ...] = ()
    """What made the service answer, of `pitstop measure`; each began with the same data."""
    traffic: Traffic | None = None
    """What an access log says of the routes, where one was given; findings, routes and indexes are ranked by it then."""
    consulted: Consulted | None = None
    """What a language model was asked, of `pitstop tune --with-llm`."""
    excerpts: tuple[Excerpt, ...] = ()
    """The code around what was found."""
    budgets: tuple[Spent, ...] = ()
    """What the dearest requests took of the budgets of the settings; of `pitstop measure`."""
    flames: tuple[Flame, ...] = ()
    plans: tuple[StatementPlan, ...] = ()
    checks: tuple[Check, ...] = ()
    next: str = ""
    """The next command to run."""
