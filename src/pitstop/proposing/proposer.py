"""Proposes repairs of findings by asking a model; each is a patch like any other, for the proof to decide about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from pitstop.consulted import Consulted
from pitstop.data import FileChange, Finding, Patch, Skipped
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.files import read_text
from pitstop.problems import Problem
from pitstop.project import Project, with_texts
from pitstop.proposing.answers import Edit, Proposal, Refusal, applied, parse
from pitstop.proposing.excerpts import excerpts
from pitstop.proposing.model import Answer, Model, UnansweredError
from pitstop.proposing.prompt import messages, once_more
from pitstop.proposing.redaction import Redactor
from pitstop.verdicts import Metric

MOST_TOKENS = 500_000
"""Of questions and answers together, in one run."""
_TIMES_OUT = 2
"""So many answers may not come in time before no other is waited for."""


class Proposer:
    """Asks a model for the repairs that pitstop has not. `questions` is how many findings it may ask about, `secrets` are
    values that are sent to nobody; `on_step` is told what is asked."""

    def __init__(
        self,
        model: Model,
        questions: int,
        secrets: Iterable[str] = (),
        on_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._model = model
        self._questions = questions
        self._secrets = tuple(secrets)
        self._step = on_step
        self._made: dict[str, Proposal] = {}
        self._asked: set[str] = set()
        self._unasked: set[str] = set()
        self._kept = self._tokens_in = self._tokens_out = self._left_out = self._late = 0
        self._files: set[str] = set()
        self._over = ""

    # --- what came of it -----------------------------------------------------------------------------------------

    @property
    def consulted(self) -> Consulted:
        """What was asked, of whom, and what was sent for it."""
        return Consulted(
            model=self._model.name,
            where=self._model.where,
            hosts=tuple(self._model.hosts),
            findings=len(self._asked),
            kept_answers=self._kept,
            input_tokens=self._tokens_in,
            output_tokens=self._tokens_out,
            files=tuple(sorted(self._files)),
            left_out=self._left_out,
            folder=str(self._model.folder),
        )

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """That findings were not asked about, and why."""
        if not self._over:
            return ()
        more = f"; {len(self._unasked)} more findings were not put to it" if self._unasked else ""
        return (Skipped(stage="ask", subject=self._model.name, reason=self._over + more),)

    # --- proposals -----------------------------------------------------------------------------------------------

    def again(self, finding: Finding, problem: Problem, project: Project) -> Patch | None:
        """The repair that was proposed before, in the tree as it is now; None where none was.

        It is the same change or none: what was proved of it must not be said of another. Raises PatchError where it fits no more.
        """
        proposal = self._made.get(finding.id)
        if proposal is None:
            return None
        return self._patch(
            proposal, finding, problem, project, _texts(project, [edit.path for edit in proposal.edits])
        )

    def propose(self, finding: Finding, problem: Problem, project: Project, reason: str) -> Patch:
        """What the model proposes. `reason` is why there is no repair of ours. Raises PatchError with why there is none of its either."""
        try:
            return self._proposed(finding, problem, project, reason)
        except PatchError as error:
            raise PatchError(f"{reason}; {self._model.name}: {error.message}") from error

    def _proposed(self, finding: Finding, problem: Problem, project: Project, reason: str) -> Patch:
        shown = excerpts(finding, project)
        texts = _texts(project, [excerpt.path for excerpt in shown])
        redactor = Redactor(self._secrets)
        for excerpt in shown:
            redactor.learn(excerpt.text)
        asked = messages(finding, problem, reason, project, shown, redactor)
        self._step(
            f"asking {self._model.name} about {finding.problem} in {finding.location.path}:{finding.location.line}"
        )
        for attempt in (1, 2):
            answer = self._answer(finding, asked)
            self._files.update(texts)
            self._left_out += redactor.count if attempt == 1 else 0
            try:
                proposal = parse(answer.text)
                if isinstance(proposal, Proposal):
                    proposal = _restored(proposal, redactor)
                    patch = self._patch(proposal, finding, problem, project, texts)
            except PatchError as error:
                if attempt == 2:
                    raise PatchError(
                        f"its answer could not be used, nor could its second one: {error.message}"
                    ) from error
                asked = [*asked, *once_more(answer.text, redactor.text(error.message))]
                continue
            if isinstance(proposal, Refusal):
                raise PatchError(f"proposes nothing: {proposal.reason}")
            self._made[finding.id] = proposal
            return patch
        raise AssertionError("the second attempt returns or raises")

    def _answer(self, finding: Finding, asked: list[dict[str, str]]) -> Answer:
        """The answer to a question, noted. Raises PatchError where there is none, or no more is to be asked."""
        kept = self._model.kept(asked)
        if kept is not None:
            self._kept += 1
            return kept
        if not self._over and finding.id not in self._asked and len(self._asked) >= self._questions:
            self._over = f"it was asked about {self._questions} findings, as many as `--llm-questions` allows"
        elif not self._over and self._tokens_in + self._tokens_out >= MOST_TOKENS:
            self._over = f"{MOST_TOKENS:,} tokens were asked and answered, as many as one run may"
        if self._over:
            self._unasked.add(finding.id)
            raise PatchError("was not asked, see below")
        self._asked.add(finding.id)
        try:
            answer = self._model.ask(asked)
        except UnansweredError as error:
            self._late += error.is_late
            if error.ends or self._late >= _TIMES_OUT:
                self._over = error.message
            raise PatchError(error.message) from error
        self._tokens_in += answer.input_tokens
        self._tokens_out += answer.output_tokens
        return answer

    def _patch(
        self,
        proposal: Proposal,
        finding: Finding,
        problem: Problem,
        project: Project,
        texts: Mapping[str, str],
    ) -> Patch:
        """The proposal as a patch. Raises PatchError where it does not fit, or leaves the finding where it is."""
        after = applied(proposal.edits, texts, _imported(project))
        changes = [
            FileChange(path=path, before=texts[path], after=text) for path, text in sorted(after.items())
        ]
        _check_gone(finding, problem, project, after)
        title = proposal.title or f"Put {problem.name} right"
        return make_patch(
            finding,
            f"{title} (proposed by {self._model.name})",
            changes,
            aims_of(problem),
            origin=self._model.name,
            risk=proposal.risk,
        )


def _restored(proposal: Proposal, redactor: Redactor) -> Proposal:
    """The proposal with the secrets back in its edits; its words have none."""
    edits = tuple(
        Edit(each.path, redactor.restore(each.old), redactor.restore(each.new)) for each in proposal.edits
    )
    return Proposal(proposal.title, proposal.risk, edits)


def aims_of(problem: Problem) -> tuple[Metric, ...]:
    """What a proposal for a problem has to make better.

    A problem that only measuring shows has no rule that could say that it is gone: there some figure has to get better, whichever.
    """
    if problem.aims or problem.rule is not None:
        return problem.aims
    return tuple(
        metric for metric in get_args(Metric) if metric not in {"throughput", "p95", "start_up", "memory"}
    )


def _check_gone(finding: Finding, problem: Problem, project: Project, after: Mapping[str, str]) -> None:
    """Raise PatchError where the rule still finds in the new texts what it found, or finds more of it than before."""
    if problem.rule is None:
        return
    before = {each.id for each in problem.rule(project)}
    then = {each.id: each for each in problem.rule(with_texts(project, after))}
    left = [then[each] for each in then if each == finding.id or each not in before]
    if left:
        place = left[0].location
        raise PatchError(
            f"with the change {problem.name} is still found, at {place.path}:{place.line}: {left[0].message}"
        )


def _texts(project: Project, paths: Sequence[str]) -> dict[str, str]:
    """The files as they lie on disk. Raises PatchError."""
    texts: dict[str, str] = {}
    for path in paths:
        text = read_text(project.root / path)
        if text is None:
            raise PatchError(f"{path} is not there any more")
        texts[path] = text
    return texts


def _imported(project: Project) -> frozenset[str]:
    """The first names of all that the project imports."""
    return frozenset(
        binding.target.partition(".")[0]
        for module in project.index.by_path.values()
        for bindings in module.bindings.values()
        for binding in bindings
        if binding.how == "import"
    )


def secrets_of(root: Path, given: Iterable[str]) -> Iterator[str]:
    """Values that the settings of a service hold, and so are sent to nobody: those given, and in its `.env` files."""
    yield from given
    for file in sorted(root.glob(".env*")):
        with suppress(OSError, UnicodeDecodeError):
            for line in file.read_text("utf-8").splitlines():
                value = line.partition("=")[2].strip().strip("\"'")
                if value and not value.isalpha():
                    yield value
