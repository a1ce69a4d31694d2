"""`embedding-one-by-one`: one embedding request for each text of many."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.embedding_one_by_one.detector import detect
from pitstop.problems.llm.embedding_one_by_one.fix import propose
from pitstop.problems.llm.embedding_one_by_one.rule import find

PROBLEM = Problem(
    name="embedding-one-by-one",
    domain="llm",
    title="loop that asks for one embedding at a time",
    severity="medium",
    fix_class="proved",
    aims=("duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
