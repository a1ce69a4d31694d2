"""What a language model was asked. A frozen value of which reports are made, see `data`."""

from __future__ import annotations

from pitstop.values import Value


class Consulted(Value, frozen=True, kw_only=True):
    """What a language model was asked for repairs, and what was sent to it.

    `hosts` are the machines that were asked; there are none where all answers were kept from earlier runs.
    """

    model: str
    where: str
    """The provider, with the address where that is not its usual one."""
    hosts: tuple[str, ...] = ()
    findings: int = 0
    """About how many it was asked, without those to which its answer was kept."""
    kept_answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    files: tuple[str, ...] = ()
    """The files of which code was sent, now or for a kept answer."""
    left_out: int = 0
    """Texts that were taken out before, because they looked like secrets."""
    folder: str = ""
    """Where the questions are kept as they were sent, with their answers."""
