"""`middleware-works-for-everyone`: middleware that asks a server on every request, whoever it is for."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.middleware.middleware_works_for_everyone.detector import detect
from pitstop.problems.middleware.middleware_works_for_everyone.rule import find

PROBLEM = Problem(
    name="middleware-works-for-everyone",
    domain="middleware",
    title="middleware that asks a database or another server on every request, whoever it is for",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    options=(
        Option(
            name="dependency",
            text="make it a dependency of the routers that need it",
            effect="all others pay nothing, and the next one has to ask for it",
            complexity="a function and `dependencies=[Depends(...)]`",
            risk="a router that is forgotten goes without",
            compatibility="`request.state` of routes that are left out no longer has what it set",
        ),
        Option(
            name="return-early",
            text="let requests pass that need it not: health, metrics, documentation, static files, `OPTIONS`",
            effect="probes answer although the other server is slow",
            complexity="one test of the path at its top",
            risk="a path that merely begins like one of these passes, too",
        ),
        Option(
            name="kept",
            text="keep what it asks for, for a few seconds",
            effect="one statement or call for many requests",
            complexity="a cache with an end",
            risk="what was taken away (a ban, a right) still holds for those seconds",
        ),
    ),
    folder=Path(__file__).parent,
)
