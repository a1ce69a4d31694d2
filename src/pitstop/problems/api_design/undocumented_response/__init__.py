"""`undocumented-response`: answers with statuses that the OpenAPI document does not name."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.api_design.undocumented_response.detector import detect

PROBLEM = Problem(
    name="undocumented-response",
    domain="api-design",
    title="answer whose status the OpenAPI document does not name",
    severity="low",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="route",
            text='name them at the routes: `responses={404: {"description": "no such item"}}`',
            effect="clients made from the document know them",
            complexity="an argument for each route",
            compatibility="only the document changes: new answers break no client",
        ),
        Option(
            name="router",
            text="name what all routes of a router may answer at the router, or at the app",
            effect="the same, with one line",
            complexity="one argument for many",
            risk="routes that never answer so say they might",
        ),
        Option(
            name="model",
            text='name them with the model of the errors (`{404: {"model": Problem}}`)',
            effect="clients get a type for the body, too",
            complexity="a model for errors",
        ),
    ),
    folder=Path(__file__).parent,
)
