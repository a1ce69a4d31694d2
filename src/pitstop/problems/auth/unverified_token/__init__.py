"""`unverified-token`: claims believed of a token whose signature nobody checks."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.auth.unverified_token.rule import find

PROBLEM = Problem(
    name="unverified-token",
    domain="auth",
    title="token that is believed without a look at its signature",
    severity="high",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="verify",
            text="decode with the key and the list of algorithms that the issuer uses, its audience, and `exp` required",
            effect="forged, expired and foreign tokens are refused",
            complexity="the key has to come from somewhere: settings, or the key set of the issuer, cached",
            risk="a wrong audience or clock refuses good tokens too",
            compatibility="clients with tokens that were never good get 401",
        ),
        Option(
            name="gateway",
            text="leave it to the gateway in front, if nothing else reaches the service, and say so in a comment",
            effect="one place that verifies",
            complexity="somebody has to see to it that nothing else reaches the service",
            risk="whoever gets past the gateway is whoever they say",
        ),
    ),
    folder=Path(__file__).parent,
)
