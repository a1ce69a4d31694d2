"""`internals-leaked`: the text of any error, or its traceback, in an answer."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.errors.internals_leaked.detector import detect
from pitstop.problems.errors.internals_leaked.rule import find

PROBLEM = Problem(
    name="internals-leaked",
    domain="errors",
    title="answer that tells what went wrong inside",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    options=(
        Option(
            name="log-it",
            text="log the exception (`logger.exception`) and answer with a sentence of your own, and an id by which it is found in the log",
            effect="callers learn nothing of the inside, and you learn more",
            complexity="two lines each",
            compatibility="clients that show or search the text see another one",
        ),
        Option(
            name="let-it-pass",
            text="catch nothing that nobody foresaw: FastAPI answers 500 without a word, and the log has the traceback",
            effect="less code, and the same for all routes",
            complexity="the `except` goes; one handler of exceptions for all, where the answer needs a form",
            compatibility="a status of 4xx becomes 500 where the error was no mistake in the request",
        ),
        Option(
            name="own-errors",
            text="raise errors of your own where the cause is known, with a text for users, and catch these",
            effect="callers are told what they can do about it",
            complexity="a class for each cause",
        ),
    ),
    folder=Path(__file__).parent,
)
