"""Files that requests read, by the line that opens them."""

from __future__ import annotations

from pitstop.traces.files import files_read
from pitstop.traces.records import Exchange, Frame, OpenedFile, Run
from pitstop.traces.store import Traces


def test_reads_are_summed_by_file_and_line() -> None:
    def read(path: str, size: int, stack: int, *, on_loop: bool = False) -> OpenedFile:
        return OpenedFile(path=path, bytes=size, stack=stack, on_loop=on_loop)

    exchanges = (
        Exchange(
            key="t#1",
            method="GET",
            path="/",
            files=(read("a", 5, 1, on_loop=True), read("a", 7, 1), read("b", 900, 2)),
        ),
        Exchange(key="t#2", method="GET", path="/", files=(read("a", 6, 1), read("a", 6, 2))),
    )
    stacks = {(1, 1): (Frame("x.py", 3, "f"), Frame("y.py", 9, "g")), (1, 2): (Frame("x.py", 4, "f"),)}
    with Traces.load(Run(exchanges=exchanges, stacks=stacks, owners={0: 1, 1: 1})) as traces:
        big, often, once = files_read(traces)
    assert (big.file, big.path, big.line, big.reads, big.bytes) == ("b", "x.py", 4, 1, 900)
    assert (often.file, often.line, often.reads, often.requests, often.most) == ("a", 3, 3, 2, 2)
    assert (often.bytes, often.on_loop) == (7, 1)
    assert (once.file, once.line, once.reads) == ("a", 4, 1)
