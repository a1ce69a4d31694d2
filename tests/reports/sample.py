"""A report with one of everything a report can hold, of a service that does not exist."""

from __future__ import annotations

from pitstop.budgets import Spent
from pitstop.consulted import Consulted
from pitstop.data import (
    Coverage,
    Declined,
    Effect,
    FileChange,
    Finding,
    FixOutlook,
    Impact,
    KnownFindings,
    Location,
    Option,
    Patch,
    ProjectSummary,
    RegressionTest,
    Report,
    RouteEffects,
    Skipped,
    SourceEvidence,
    Tool,
    TraceEvidence,
    Unresolved,
)
from pitstop.diagnoses import Answer, Diagnosis
from pitstop.measures import (
    CacheSummary,
    ConnectionSummary,
    FileReads,
    PhaseSummary,
    PoolRoute,
    PoolSummary,
    RouteMemory,
    RouteSummary,
)
from pitstop.pictures import Check, Excerpt, Flame, FlameBox, PlanStep, StatementPlan
from pitstop.reviews import BudgetChange, Decision, Question, Review
from pitstop.verdicts import Change, Changed, Difference, Interval, NotFaster, Proved, RouteProof, Unproven

POSTS = "GET /posts"
LIST_POSTS = Location(
    path="blog/posts.py", line=21, column=5, end_line=24, end_column=20, symbol="list_posts"
)
AUTHOR_OF = Location(
    path="blog/authors.py", line=9, column=12, end_line=9, end_column=44, symbol="Authors.of"
)

FINDINGS = (
    Finding(
        id="a1b2c3d4e5f6",
        problem="n-plus-one-loop",
        domain="database",
        severity="high",
        confidence="certain",
        message="One query for each post: the author is fetched inside the loop over the posts",
        location=LIST_POSTS,
        route=POSTS,
        routes=(POSTS, "GET /feed", "GET /feed/{user_id}", "GET /search"),
        call_path=(LIST_POSTS, AUTHOR_OF),
        evidence=(
            SourceEvidence(text="`Authors.of` awaits `session.get` in each turn", locations=(AUTHOR_OF,)),
            TraceEvidence(
                text="50 of 51 statements are the same one, as many as there are rows",
                figures={"statements": 51, "rows": 50, "database_ms": 31.25},
                statement="SELECT authors.id, authors.name FROM authors WHERE authors.id = ?",
                route=POSTS,
                locations=(AUTHOR_OF,),
            ),
        ),
        impact=Impact(
            text="51 statements a request, one more with every post",
            expected=(7.0, 14.0),
            source="FACTS.md",
            measured={"statements": 51.0, "duration_ms": 412.0},
        ),
        fix=FixOutlook(fix_class="proved"),
        places=tuple(Location(path="blog/feed.py", line=line) for line in range(30, 37)),
    ),
    Finding(
        id="b1b2c3d4e5f6",
        problem="n-plus-one-loop",
        domain="database",
        severity="low",
        confidence="possible",
        message="One query for each tag [bold]of[/bold] a post",
        location=Location(path="blog/tags.py", line=4),
        fix=FixOutlook(
            fix_class="decide",
            options=(
                Option(name="batch", text="fetch all tags with one IN", diff="-    old()\n+    new()\n"),
                Option(name="leave", text="the posts of a draft never have more than two"),
            ),
        ),
    ),
    Finding(
        id="c1b2c3d4e5f6",
        problem="blocking-call-in-async",
        domain="async",
        severity="medium",
        confidence="likely",
        message="`time.sleep` stops every other request",
        location=Location(path="blog/mail.py", line=12, symbol="send"),
        route="POST /mail",
        evidence=(TraceEvidence(text="the loop stood here", figures={"blocked_ms": 20.0}),),
        fix=FixOutlook(fix_class="proved"),
    ),
    Finding(
        id="d1b2c3d4e5f6",
        problem="client-per-request",
        domain="async",
        severity="medium",
        confidence="certain",
        message="A client is built for each request",
        location=Location(path="blog/upstream.py", line=8, symbol="quote"),
    ),
)

DIFF = """\
--- a/blog/posts.py
+++ b/blog/posts.py
@@ -18,7 +18,8 @@
 async def list_posts(session: Session) -> list[Post]:
-    posts = (await session.scalars(select(Post))).all()
+    posts = (await session.scalars(select(Post).options(selectinload(Post.author)))).all()
     return [present(post) for post in posts]
"""

PATCHES = (
    Patch(
        id="p1",
        finding="a1b2c3d4e5f6",
        problem="n-plus-one-loop",
        title="Load the authors with the posts",
        changes=(FileChange(path="blog/posts.py", before="old\n", after="new\n"),),
        diff=DIFF,
        aims=("statements", "cpu"),
        routes=(POSTS,),
        risk="One more statement where there are no posts.",
        validate="pytest tests/test_posts.py",
        rollback="pitstop undo p1",
        test=RegressionTest(
            name="tests/test_posts.py::test_posts_statements", metric="statements", before=51, after=2
        ),
    ),
    Patch(
        id="p2",
        finding="b1b2c3d4e5f6",
        problem="n-plus-one-loop",
        title="Fetch all tags with one IN",
        changes=(FileChange(path="blog/new.py", before=None, after="new\n"),),
        diff="--- /dev/null\n+++ b/blog/new.py\n@@ -0,0 +1,40 @@\n"
        + "".join(f"+line {n}\n" for n in range(40)),
        aims=("statements",),
        no_test="the test test_tags has a decorator of its own",
        origin="openai/gpt-5",
    ),
)

CONTROL = Interval(ratio=1.001, low=0.99, high=1.012)

VERDICTS = (
    Proved(
        patch="p1",
        finding="a1b2c3d4e5f6",
        problem="n-plus-one-loop",
        title="Load the authors with the posts",
        reason="answers as before; 49 statements fewer",
        routes=(
            RouteProof(
                route=POSTS,
                compared=12,
                equal=12,
                changes=(
                    Change(metric="statements", before=51, after=2, unit=""),
                    Change(
                        metric="cpu",
                        before=411.7,
                        after=38.12,
                        unit="ms",
                        interval=Interval(ratio=0.0926, low=0.0855, high=0.101),
                        control=CONTROL,
                    ),
                    Change(
                        metric="duration",
                        before=420,
                        after=419,
                        unit="ms",
                        interval=Interval(ratio=0.99, low=0.9, high=1.1),
                        control=CONTROL,
                    ),
                    Change(metric="rows", before=100, after=100, unit="rows"),
                ),
            ),
            RouteProof(
                route="GET /feed/{user_id}/a-rather-long-path-that-has-to-be-broken-somewhere/{page}",
                compared=3,
                equal=3,
                changes=(
                    Change(metric="statements", before=2, after=2, unit=""),
                    Change(metric="blocked_ms", before=340.2, after=0, unit="ms"),
                    Change(
                        metric="duration",
                        before=10,
                        after=10.02,
                        unit="ms",
                        interval=Interval(ratio=1.002, low=0.99, high=1.02),
                        control=CONTROL,
                    ),
                ),
            ),
        ),
        tests="41 passed",
        exercised=(3, 3),
    ),
    Changed(
        patch="p2",
        finding="b1b2c3d4e5f6",
        problem="n-plus-one-loop",
        title="Fetch all tags with one IN",
        reason="an answer is not as before",
        routes=(RouteProof(route="GET /posts/{id}/tags", compared=8, equal=5),),
        differences=(
            Difference(
                kind="body", where="GET /posts/{id}/tags $.items[1].name", before='"red"', after='"[red]"'
            ),
            *(Difference(kind="rows", where=f"tags {n}", before="1", after="0") for n in range(8)),
        ),
        tests="40 passed, 1 failed",
        exercised=(2, 4),
    ),
    NotFaster(
        patch="p3",
        finding="c1b2c3d4e5f6",
        problem="blocking-call-in-async",
        title="Sleep in a thread",
        reason="nothing aimed at got better",
        tests="41 passed",
        exercised=(1, 1),
    ),
    Unproven(
        patch="p4",
        finding="d1b2c3d4e5f6",
        problem="client-per-request",
        title="Share the client",
        reason="no request ran the changed lines",
        exercised=(0, 5),
    ),
)

ROUTES = tuple(
    RouteSummary(
        route=route,
        requests=12,
        errors=0,
        p50_ms=412.0,
        p95_ms=502.5,
        p99_ms=540.0,
        cpu_ms=38.25,
        statements=51.0,
        rows=100.0,
        database_ms=31.25,
        blocked_ms=0.0,
        bytes=10240.0,
        bytes_in=0.0 if route == POSTS else 512.5,
        phases=(
            PhaseSummary(kind="handler", name="posts", path="app/posts.py", line=12, ms=200.0),
            PhaseSummary(kind="database", ms=120.5),
            PhaseSummary(kind="dependency", name="get_db", path="app/db.py", line=7, ms=60.25),
            PhaseSummary(kind="serialisation", ms=20.0),
            PhaseSummary(kind="framework", ms=4.0),
        )
        if route == POSTS
        else (),
    )
    for route in (POSTS, *(f"GET /feed/{n}" for n in range(11)))
)

CONNECTIONS = (
    ConnectionSummary(
        route="WEBSOCKET /feed/{user_id}/live",
        connections=14,
        refused=2,
        errors=1,
        open_s=12.5,
        messages_in=3.5,
        messages_out=40.25,
        bytes_in=120.0,
        bytes_out=20480.0,
        statements=41.0,
        rows=410.0,
        database_ms=20.5,
        blocked_ms=0.0,
        close_codes={1008: 2, 1000: 11, 1011: 1},
    ),
)

MEMORY = (
    RouteMemory(
        route=POSTS,
        requests=12,
        alone=12,
        peak_bytes=48 << 20,
        path="blog/posts.py",
        line=22,
        line_bytes=40 << 20,
    ),
    RouteMemory(route="GET /feed/0", requests=12, alone=3, peak_bytes=300_000),
)

FILES = (
    FileReads(
        file="blog/prices.json",
        path="blog/posts.py",
        line=23,
        reads=36,
        requests=12,
        most=3,
        bytes=2_097_152,
        on_loop=36,
    ),
    FileReads(
        file="*.pem 8f14e45fceea167a",
        path="blog/mail.py",
        line=12,
        reads=1,
        requests=1,
        most=1,
        bytes=1700,
        on_loop=0,
    ),
)

CACHES = (
    CacheSummary(
        name="rate", path="blog/rates.py", line=5, caches=2, hits=199, misses=801, size=128, maxsize=128
    ),
    CacheSummary(
        kind="cashews",
        name="offers",
        path="blog/offers.py",
        line=8,
        route="GET /me",
        caches=1,
        hits=9,
        misses=3,
        size=0,
    ),
    CacheSummary(name="get_settings", path="blog/settings.py", line=9, caches=1, hits=999, misses=1, size=1),
)

POOLS = (
    PoolSummary(
        kind="AsyncAdaptedQueuePool",
        system="postgresql",
        routes=(
            PoolRoute(
                route=POSTS, requests=40, held_ms=312.5, at_once=1, waited=4, wait_ms=21, full_per_s=48
            ),
            PoolRoute(route="GET /me", requests=12, held_ms=3, at_once=2, full_per_s=5000),
        ),
        size=5,
        overflow=10,
        timeout_s=30,
        path="blog/db.py",
        line=7,
        workers=4,
        workers_at="Dockerfile",
        server_limit=97,
        held_ms=240,
    ),
    PoolSummary(
        kind="QueuePool",
        system="sqlite",
        routes=(PoolRoute(route="GET /me", requests=12, held_ms=1.5, at_once=1),),
        size=5,
    ),
)

REPORT = Report(
    tool=Tool(name="pitstop", version="0.1.0"),
    project=ProjectSummary(
        app="blog.main:app",
        routes=12,
        files=31,
        lines=2904,
        found={
            "app": "blog/main.py, the only FastAPI() in the tree",
            "interpreter": ".venv/bin/python (Python 3.11.7)",
            "tests": "tests/, 41 tests under pytest",
            "database": "SQLite file blog.db, copied",
        },
    ),
    findings=FINDINGS,
    routes=ROUTES,
    connections=CONNECTIONS,
    files=FILES,
    caches=CACHES,
    pools=POOLS,
    memory=MEMORY,
    patches=PATCHES,
    declined=(
        Declined(
            finding="d1b2c3d4e5f6",
            problem="client-per-request",
            reason="the app has no lifespan to hold the client",
        ),
    ),
    verdicts=VERDICTS,
    skipped=(
        Skipped(stage="read", subject="blog/broken.py", reason="line 3: invalid syntax"),
        Skipped(stage="measure", subject="GET /export", reason="no test requests it"),
    ),
    diagnosis=Diagnosis(
        complaint="GET /posts is slow and sometimes fails",
        routes=(POSTS,),
        symptoms=("errors", "slow"),
        criterion="GET /posts keeps its budget of 600 for p95",
        constraints=("the service answers as before",),
        non_goals=("other routes",),
        measured=("which of its requests fail", "how long its requests take"),
        answers=(
            Answer(symptom="errors", seen="unknown", because="none of 12 requests failed"),
            Answer(
                symptom="slow",
                seen="yes",
                because="GET /posts, 12 requests: 412 ms in the median",
                findings=("a1b2c3d4e5f6",),
            ),
        ),
        questions=("Which request fails: who sends it, with what?",),
    ),
    review=Review(
        base="main",
        head="the work tree",
        files=3,
        gone={"missing-index": 2, "await-in-loop": 1},
        questions=(
            Question(
                text="All 6 other routes of its router ask who is calling, and POST /mail does not. Is it for anybody?",
                path="blog/mail.py",
                line=10,
                route="POST /mail",
            ),
        ),
        decisions=(
            Decision(
                kind="package", text="the service depends on `celery` now", path="pyproject.toml", line=1
            ),
            Decision(kind="middleware", text="`timed` runs for no request any more"),
        ),
        budgets=(
            BudgetChange(budget="GET /posts", limit="max_statements", before=5, after=8),
            BudgetChange(budget="GET *", limit="p95", before=None, after=200),
        ),
        follow_ups=(
            "`pitstop prove main..HEAD` runs both versions and says whether the service answers as before",
        ),
    ),
    budgets=(
        Spent(
            route=POSTS,
            limit="max_statements",
            allowed=5,
            measured=51,
            requests=12,
            budget="GET /posts",
            test="tests/test_posts.py::test_posts",
            path="blog/posts.py",
            line=21,
        ),
        Spent(route=POSTS, limit="p95", allowed=600, measured=502.5, requests=12, budget="GET *"),
    ),
    excerpts=(
        Excerpt(
            path="blog/posts.py",
            line=19,
            text="@router.get('/posts')\nasync def list_posts(session):\n    posts = await session.scalars(select(Post))\n    return [await present(post) for post in posts]",
        ),
    ),
    flames=(
        Flame(
            route=POSTS,
            requests=12,
            boxes=(
                FlameBox(
                    name="list_posts",
                    ms=380.5,
                    kind="handler",
                    path="blog/posts.py",
                    line=21,
                    inner=(FlameBox(name="SELECT posts", ms=31.25, kind="database"),),
                ),
                FlameBox(name="framework", ms=4.0, kind="framework"),
            ),
        ),
    ),
    plans=(
        StatementPlan(
            statement="SELECT authors.id, authors.name FROM authors WHERE authors.id = ? ORDER BY name",
            database="postgresql",
            count=600,
            ms=375.0,
            routes=(POSTS,),
            steps=(
                PlanStep(
                    text="Sort",
                    reads="sort",
                    rows=1,
                    inner=(PlanStep(text="Seq Scan on authors", reads="scan", rows=20000),),
                ),
            ),
        ),
    ),
    checks=(
        Check(
            list="before merging",
            question="Does the service answer as before?",
            answer="yes",
            because="15 answers compared, with their effects",
        ),
        Check(
            list="before deploying",
            question="Does nothing block the event loop?",
            answer="no",
            because="1 finding: blocking-call-in-async",
            findings=("c1b2c3d4e5f6",),
        ),
        Check(
            list="before deploying",
            question="Do all routes answer fast enough?",
            answer="unknown",
            because="no budget says what is fast enough",
        ),
    ),
    consulted=Consulted(
        model="openai/gpt-5",
        where="openai at http://127.0.0.1:8080/v1",
        hosts=("127.0.0.1",),
        findings=2,
        kept_answers=1,
        input_tokens=8400,
        output_tokens=712,
        files=("blog/posts.py", "blog/tags.py"),
        left_out=1,
        folder="~/.cache/pitstop/answers",
    ),
    known=KnownFindings(file="pitstop-baseline.json", left_out=3, gone=1),
    coverage=Coverage(
        routes=(
            RouteEffects(
                route=POSTS,
                location=LIST_POSTS,
                functions=4,
                calls=17,
                followed=15,
                effects=(
                    Effect(
                        kind="network",
                        name="requests.get",
                        blocks=True,
                        location=AUTHOR_OF,
                        path=(LIST_POSTS,),
                    ),
                    Effect(kind="query", name="Post", blocks=False, location=LIST_POSTS),
                    Effect(kind="query", name="Author", blocks=False, location=AUTHOR_OF, path=(LIST_POSTS,)),
                ),
            ),
            RouteEffects(route="GET /health", location=LIST_POSTS, functions=1, calls=0, followed=0),
        ),
        calls=17,
        followed=15,
        unresolved=(Unresolved(code="row.strip", count=2, location=AUTHOR_OF),),
    ),
    next="pitstop tune --apply",
)

EMPTY = Report(tool=Tool(name="pitstop", version="0.1.0"), project=ProjectSummary())
