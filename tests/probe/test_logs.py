"""Lines that requests write to a log again and again."""

from __future__ import annotations

import pytest

from pitstop.traces.records import Logged, Run
from pitstop_probe.request import digest

from .runner import Runner

APP = """
import logging

from fastapi import FastAPI

logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
log = logging.getLogger("shop")
library = {"log": log}
exec(compile("def told():\\n    log.info('secret')\\n", "/usr/lib/library.py", "exec"), library)
app = FastAPI()


def say(number):
    log.info("secret %s", number)  # said


@app.get("/many")
def many():
    for number in range(150):
        say(number)  # many
    log.info("once")
    return 1

@app.get("/on-loop")
async def on_loop():
    for number in range(100):
        log.warning("secret %s", number)
    return 1

@app.get("/fewer")
def fewer():
    for number in range(99):
        say(number)
    return 1

@app.get("/silenced")
def silenced():
    for number in range(150):
        log.debug("secret %s", number)
    return 1

@app.get("/errors")
def errors():
    log.error("secret %s", 1)
    try:
        {}["secret"]
    except KeyError:
        log.exception("could not")
    logging.getLogger("library").critical("gone")
    log.error(f"secret {1}")
    log.error("secret %s", object())
    log.error("secret %s")
    log.error("secret %d", "x")
    log.warning("secret")
    return 1

@app.get("/library")
def by_library():
    for number in range(150):
        library["told"]()
    return 1
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, Run]:
    runner = Runner(tmp_path_factory.mktemp("logs"), None)
    runner.write("logging_app.py", APP)
    paths = ("/many", "/on-loop", "/fewer", "/silenced", "/library", "/errors")
    return runner, runner.requests("logging_app:app", *(f"GET {path}" for path in paths))


def logged(asked: tuple[Runner, Run], path: str) -> tuple[Logged, ...]:
    return next(exchange.logs for exchange in asked[1].exchanges if exchange.path == path)


def test_lines_of_one_place_are_counted_and_timed(asked: tuple[Runner, Run]) -> None:
    runner, run = asked
    (lines,) = logged(asked, "/many")
    assert (lines.count, lines.level) == (150, 20)
    assert 0 < lines.duration_ns < run.exchanges[0].duration_ns
    frames = [frame.line for frame in run.frames(0, lines.stack)]
    assert frames == [runner.line("logging_app.py", "said"), runner.line("logging_app.py", "many")]
    (warnings,) = logged(asked, "/on-loop")
    assert (warnings.count, warnings.level) == (100, 30)


@pytest.mark.parametrize("path", ["/fewer", "/silenced", "/library"])
def test_others_are_not(asked: tuple[Runner, Run], path: str) -> None:
    assert logged(asked, path) == ()


def test_errors_are_told_by_whom_and_of_what(asked: tuple[Runner, Run]) -> None:
    (exchange,) = [each for each in asked[1].exchanges if each.path == "/errors"]
    told = [(each.logger, each.level, each.exception) for each in exchange.errors]
    assert told[:3] == [("shop", 40, ""), ("shop", 40, "builtins.KeyError"), ("library", 50, "")]
    assert len({each.text for each in exchange.errors[:3]}) == 3
    assert not any(each.errors for each in asked[1].exchanges if each is not exchange)


def test_errors_are_told_with_and_without_their_values(asked: tuple[Runner, Run]) -> None:
    (exchange,) = [each for each in asked[1].exchanges if each.path == "/errors"]
    by_values, _, _, by_format, of_object, bare, unfit = exchange.errors
    assert by_values.message == by_format.message == by_format.text == digest("secret 1")
    assert by_values.text == of_object.text == bare.text == bare.message == digest("secret %s")
    assert of_object.message == digest("secret <object object at 0x>")
    assert unfit.message == unfit.text == digest("secret %d")


def test_no_text_is_written(asked: tuple[Runner, Run]) -> None:
    assert "secret" not in asked[0].written()
