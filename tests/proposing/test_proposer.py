"""What is sent to a model, what comes of its answers, and what is said where none comes: LiteLLM itself, and a server on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from pitstop.data import Finding
from pitstop.errors import PatchError, UsageError
from pitstop.problems import discover
from pitstop.project import Project, read
from pitstop.proposing import proposer as room
from pitstop.proposing.model import Model
from pitstop.proposing.proposer import Proposer, aims_of, secrets_of
from tests.proposing.speaking import KEY, MODEL, Cut, Late, Refused, Said, Speaking, speaking

pytestmark = pytest.mark.xdist_group("proposing")

PROBLEM = discover()["blocking-call-in-async"]
MAIN = """\
import time

from fastapi import FastAPI

from shop.settings import DELAY
from shop.work import Work

app = FastAPI()
API_KEY = "hunter2-of-the-shop"


@app.get("/slow")
async def slow() -> dict[str, int]:
    time.sleep(DELAY)
    return {"slow": Work().size()}
"""
WORK = """\
class Work:
    def size(self) -> int:
        return 1
"""
SETTINGS = 'DELAY = 0.01\nPASSWORD = "of-the-settings"\n'
OLD = "    time.sleep(DELAY)\n"


def block(new: str, old: str = OLD, path: str = "shop/main.py") -> str:
    return f"TITLE: Wait on the loop\nFILE: {path}\n<<<<<<< OLD\n{old}=======\n{new}>>>>>>> NEW\n"


RIGHT = (
    "RISK: none\n" + block("    await asyncio.sleep(DELAY)\n") + block("import asyncio\n", "import time\n")
)


@pytest.fixture(scope="module")
def server() -> Iterator[Speaking]:
    with speaking(lambda _: "DECLINE: nobody said what to say") as told:
        yield told


@pytest.fixture(scope="module")
def model(server: Speaking, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """One for all tests: LiteLLM takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name, value in server.environment.items():
            patch.setenv(name, value)
        with Model(MODEL, seconds=20.0) as made:
            yield made


@pytest.fixture
def say(server: Speaking, model: Model, tmp_path: Path) -> Callable[..., None]:
    """Sets the answers of the server, each once; the last one stays. Nothing is kept of other tests."""
    model.folder = tmp_path / "answers"
    server.asked.clear()

    def told(*answers: Said) -> None:
        left = list(answers)
        server.say = lambda _: left.pop(0) if len(left) > 1 else left[0]

    return told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    (folder / "shop").mkdir(parents=True)
    for name, text in {"__init__": "", "main": MAIN, "work": WORK, "settings": SETTINGS}.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    (folder / ".env").write_text("MAIL=mail-of-env-1\n")
    return folder


def found(project: Project) -> Finding:
    assert PROBLEM.rule is not None
    (finding,) = PROBLEM.rule(project)
    return finding


def proposed(model: Model, root: Path, made: Proposer | None = None, reason: str = "it has no repair") -> str:
    """The diff that is proposed for the one finding of a service."""
    project = read(root, cache=False)
    made = made or Proposer(model, 5)
    return made.propose(found(project), PROBLEM, project, reason).diff


def test_what_it_answers_is_a_patch_like_any_other_and_says_whose_it_is(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    say(RIGHT)
    project = read(root, cache=False)
    made = Proposer(model, 5)
    patch = made.propose(found(project), PROBLEM, project, "it has no repair")
    assert patch.title == f"Wait on the loop (proposed by {MODEL})"
    assert (patch.origin, patch.risk, patch.aims) == (MODEL, "none", PROBLEM.aims)
    assert patch.changes[0].after == MAIN.replace("import time", "import asyncio").replace(
        "time.sleep", "await asyncio.sleep"
    )
    told = made.consulted
    assert (told.findings, told.input_tokens, told.output_tokens, told.left_out) == (1, 1000, 100, 1)
    assert told.files == ("shop/main.py", "shop/work.py")
    assert told.where == f"openai at http://127.0.0.1:{server.port}/v1"
    assert told.hosts == ("127.0.0.1",)
    assert server.keys[-1] == f"Bearer {KEY}"


def test_the_code_is_sent_and_no_secret_no_settings_and_no_env(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    say("DECLINE: no")
    (root / "shop" / "main.py").write_text(MAIN + '\n\nMAIL = "mail-of-env-1"\n')
    with pytest.raises(PatchError, match=f"it has no repair; {MODEL}: proposes nothing: no"):
        proposed(model, root, Proposer(model, 5, secrets_of(root, ["value-of-settings"])), "it has no repair")
    (asked,) = server.asked
    text = asked["messages"][1]["content"]
    assert "time.sleep(DELAY)" in text
    assert "class Work" in text
    assert "it has no repair" in text
    assert "# The problem: blocking-call-in-async" in text
    for secret in ("hunter2-of-the-shop", "of-the-settings", "mail-of-env-1", "value-of-settings", str(root)):
        assert secret not in server.sent
    assert 'API_KEY = "REDACTED_1"' in text


def test_an_identical_question_is_not_sent_again(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    say(block("    pass\n", "    time.slep(DELAY)\n"), RIGHT)
    first = proposed(model, root)
    assert len(server.asked) == 2
    later = Proposer(model, 5)
    assert proposed(model, root, later) == first
    assert len(server.asked) == 2
    assert (later.consulted.findings, later.consulted.kept_answers) == (0, 2)
    (root / "shop" / "work.py").write_text(WORK + "\n\nx = 1\n")
    proposed(model, root)
    assert len(server.asked) == 3
    kept = sorted(model.folder.iterdir())
    assert len(kept) == 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("I would use a thread.", "no block of the form"),
        (block("    pass\n", path="../other.py"), "not one of the files that were shown"),
        (block("    pass\n", path="shop/settings.py", old="DELAY = 0.01\n"), "not one of the files that were shown"),
        (block("    pass\n", "    time.slep(DELAY)\n"), "not in the file exactly so"),
        (block("    await asyncio.sleep(\n"), "would not parse"),
        (block("    time.sleep(DELAY * 1)\n"), "is still found"),
        (block("    REDACTED_9\n"), "stands for a literal"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_used_is_said_to_the_model_once(
    model: Model, say: Callable[..., None], root: Path, server: Speaking, answer: str, reason: str
) -> None:
    say(answer, RIGHT)
    assert "await asyncio.sleep" in proposed(model, root)
    first, second = server.asked
    assert second["messages"][:2] == first["messages"]
    assert re.search(reason, second["messages"][3]["content"])
    model.folder = model.folder / "other"
    say(answer)
    with pytest.raises(PatchError, match=f"nor could its second one: .*{reason}"):
        proposed(model, root)
    assert len(server.asked) == 4


def test_a_secret_is_not_told_in_words_either(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    """Of letters alone it is known by its name only; the reason, and what is said to a wrong answer, quote the code."""
    (root / "shop" / "main.py").write_text(
        MAIN.replace('API_KEY = "hunter2-of-the-shop"', 'SALT = "correcthorse"')
    )
    wrong = 'SALT = "REDACTED_1"  # of the shop\n'
    say(block("pass\n", wrong), "DECLINE: REDACTED_1 is not mine")
    with pytest.raises(PatchError, match="proposes nothing: REDACTED_1 is not mine"):
        proposed(model, root, reason='it says `SALT = "correcthorse"`')
    assert len(server.asked) == 2
    assert "are not in the file exactly so" in server.sent
    assert "correcthorse" not in server.sent


def test_a_secret_that_the_change_moves_is_the_secret_again(
    model: Model, say: Callable[..., None], root: Path
) -> None:
    say(RIGHT + block('KEY = API_KEY = "REDACTED_1"\n', 'API_KEY = "REDACTED_1"\n'))
    assert '+KEY = API_KEY = "hunter2-of-the-shop"' in proposed(model, root)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Refused(401, f"Incorrect key {KEY}"), r"refused the key \(Incorrect key \*\*\*\); give one in the variable"),
        (Refused(404, "no such model"), "does not know it"),
        (Refused(429, "slow down", {"retry-after": "0"}), "takes no more questions for now .*--llm-questions"),
    ],
)  # fmt: skip
def test_where_no_other_question_would_be_answered_none_is_asked(
    model: Model, say: Callable[..., None], root: Path, server: Speaking, answer: Said, reason: str
) -> None:
    say(answer)
    made = Proposer(model, 5)
    with pytest.raises(PatchError, match=f"it has no repair; {MODEL}: .*{reason}"):
        proposed(model, root, made)
    asked = len(server.asked)
    assert asked == (2 if isinstance(answer, Refused) and answer.status == 429 else 1)
    with pytest.raises(PatchError, match="was not asked, see below"):
        proposed(model, root, made)
    assert len(server.asked) == asked
    (said,) = made.skipped
    assert (said.stage, said.subject) == ("ask", MODEL)
    assert re.search(reason, said.reason)
    assert said.reason.endswith("; 1 more findings were not put to it")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Refused(500, "boom"), "its provider failed"), (Refused(400, "odd"), "LiteLLM failed"), (Cut("x"), "longer than 16,000")],
)  # fmt: skip
def test_what_goes_wrong_once_does_not_end_the_asking(
    model: Model, say: Callable[..., None], root: Path, answer: Said, reason: str
) -> None:
    say(answer, RIGHT)
    made = Proposer(model, 5)
    with pytest.raises(PatchError, match=reason):
        proposed(model, root, made)
    assert not made.skipped
    assert proposed(model, root, made)


def test_answers_that_come_too_late_are_not_waited_for_for_ever(
    model: Model, say: Callable[..., None], root: Path, server: Speaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_seconds", 0.5)
    say(Late(1.5))
    made = Proposer(model, 5)
    for _ in range(2):
        with pytest.raises(PatchError, match="did not come in time"):
            proposed(model, root, made)
    with pytest.raises(PatchError, match="was not asked"):
        proposed(model, root, made)
    assert len(server.asked) == 2


def test_no_more_is_asked_than_may_be(
    model: Model, say: Callable[..., None], root: Path, server: Speaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("DECLINE: no")
    made = Proposer(model, 1)
    with pytest.raises(PatchError, match="proposes nothing"):
        proposed(model, root, made)
    (root / "shop" / "main.py").write_text(MAIN.replace("time.sleep(DELAY)", "time.sleep(DELAY + 1)"))
    with pytest.raises(PatchError, match="was not asked"):
        proposed(model, root, made)
    assert "it was asked about 1 findings, as many as `--llm-questions` allows" in made.skipped[0].reason
    monkeypatch.setattr(room, "MOST_TOKENS", 0)
    made = Proposer(model, 5)
    with pytest.raises(PatchError, match="was not asked"):
        proposed(model, root, made)
    assert "0 tokens" in made.skipped[0].reason
    assert len(server.asked) == 1


def test_once_more_it_is_the_same_change_or_none(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    say(RIGHT)
    project = read(root, cache=False)
    made = Proposer(model, 5)
    assert made.again(found(project), PROBLEM, project) is None
    first = made.propose(found(project), PROBLEM, project, "")
    (root / "shop" / "main.py").write_text("# a line above\n" + MAIN)
    project = read(root, cache=False)
    again = made.again(found(project), PROBLEM, project)
    assert again is not None
    assert (again.id, len(server.asked)) == (first.id, 1)
    (root / "shop" / "main.py").write_text(MAIN.replace("import time\n", "import time  # and more\n"))
    project = read(root, cache=False)
    with pytest.raises(PatchError, match="not in the file exactly so"):
        made.again(found(project), PROBLEM, project)


def test_of_a_long_file_only_what_is_needed_is_sent(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    others = "".join(f"\n\ndef other_{n}() -> int:\n    return {n}\n" for n in range(400))
    (root / "shop" / "main.py").write_text(MAIN + others)
    say(RIGHT)
    assert "await asyncio.sleep" in proposed(model, root)
    text = server.asked[0]["messages"][1]["content"]
    assert "other_7()" not in text
    assert "from shop.work import Work" in text
    assert re.search(r"# shop/main.py, lines 12 to 15\n\n```python\n@app.get", text)


def test_nothing_is_asked_about_a_settings_module(
    model: Model, say: Callable[..., None], root: Path, server: Speaking
) -> None:
    say(RIGHT)
    (root / "shop" / "settings.py").write_text(
        SETTINGS + dedent(MAIN).replace("from shop.settings import DELAY\n", "")
    )
    (root / "shop" / "main.py").write_text("")
    with pytest.raises(PatchError, match=r"shop/settings\.py holds settings, of which nothing is sent"):
        proposed(model, root)
    assert not server.asked


def test_an_address_that_nobody_listens_on_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a key that is not there; with processes of their own, for LiteLLM reads variables when it starts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(root))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with Model(MODEL) as deaf, pytest.raises(PatchError, match=r"could not be reached .* see that it runs"):
        proposed(deaf, root)
    monkeypatch.delenv("OPENAI_API_KEY")
    with Model(MODEL) as keyless, pytest.raises(PatchError, match=r"refused the key .* OPENAI_API_KEY"):
        proposed(keyless, root)


def test_a_model_of_nobody_is_a_wrong_option() -> None:
    with pytest.raises(UsageError, match="LiteLLM does not know whose model nonsense is"):
        Model("nonsense")


def test_without_litellm_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        Model(MODEL)
    assert "pip install 'pitstop[llm]'" in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_problem_that_only_measuring_shows_has_to_make_some_figure_better() -> None:
    problems = discover()
    assert aims_of(problems["n-plus-one-loop"]) == problems["n-plus-one-loop"].aims
    assert aims_of(problems["debug-in-production"]) == ()
    assert {"statements", "cpu", "duration"} <= set(aims_of(problems["count-per-page"]))
