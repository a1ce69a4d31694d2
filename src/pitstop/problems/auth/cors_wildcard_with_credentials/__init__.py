"""`cors-wildcard-with-credentials`: browsers are told that every website may send, and read, in a user's name."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.auth.cors_wildcard_with_credentials.rule import find

PROBLEM = Problem(
    name="cors-wildcard-with-credentials",
    domain="auth",
    title="leave for every website to make requests with its users' credentials",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="origins",
            text="list the origins of your own pages",
            effect="pages of others cannot read what your users see",
            complexity="a list, best in the settings",
            risk="a page that was forgotten breaks: look through the `Origin` headers of the access log first",
            compatibility="clients that are no browsers notice nothing",
        ),
        Option(
            name="no-credentials",
            text="leave `allow_credentials` out and keep the star",
            effect="every page may read what is open to everybody, and nothing else",
            complexity="one argument less",
            compatibility="pages that send cookies get no answer; those that send a token in a header do",
        ),
    ),
    folder=Path(__file__).parent,
)
