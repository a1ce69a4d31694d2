"""`file-read-whole`: file that is read into memory whole, though it is only gone through or copied."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.memory.file_read_whole.detector import detect
from pitstop.problems.memory.file_read_whole.fix import propose
from pitstop.problems.memory.file_read_whole.rule import find

PROBLEM = Problem(
    name="file-read-whole",
    domain="memory",
    title="file that is read into memory whole, though it is only gone through or copied",
    severity="medium",
    fix_class="proved",
    rule=find,
    fix=propose,
    detector=detect,
    folder=Path(__file__).parent,
)
