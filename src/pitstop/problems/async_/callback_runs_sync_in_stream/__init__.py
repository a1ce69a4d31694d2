"""`callback-runs-sync-in-stream`: streamed answer that goes to a thread and back for each row."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.callback_runs_sync_in_stream.detector import detect
from pitstop.problems.async_.callback_runs_sync_in_stream.fix import AIMS, propose
from pitstop.problems.async_.callback_runs_sync_in_stream.rule import find

PROBLEM = Problem(
    name="callback-runs-sync-in-stream",
    domain="async",
    title="streamed answer that goes to a thread and back for each row",
    severity="medium",
    fix_class="proved",
    aims=AIMS,
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
