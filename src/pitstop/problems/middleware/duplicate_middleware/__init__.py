"""`duplicate-middleware`: one middleware that stands twice around the same app."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.middleware.duplicate_middleware.fix import AIMS, keep_inner, keep_outer, propose
from pitstop.problems.middleware.duplicate_middleware.rule import find

PROBLEM = Problem(
    name="duplicate-middleware",
    domain="middleware",
    title="the same middleware twice around one app",
    severity="low",
    fix_class="proved",
    aims=AIMS,
    rule=find,
    fix=propose,
    choices=(
        Choice(
            option=Option(
                name="outer",
                text="keep the one that is added last; of two `CORSMiddleware` it allows the origins of both",
                effect="each request passes through it once; preflights of all these origins are answered",
                complexity="one line less",
                risk="what stands between the two sees requests and answers without it",
                compatibility="browsers at origins that only the inner one knew may send more than simple requests",
            ),
            fix=keep_outer,
        ),
        Choice(
            option=Option(
                name="inner",
                text="keep the one that is added first",
                effect="each request passes through it once",
                complexity="one line less",
                risk="what stands between the two answers without it: a refusal has no headers of its",
            ),
            fix=keep_inner,
        ),
    ),
    folder=Path(__file__).parent,
)
