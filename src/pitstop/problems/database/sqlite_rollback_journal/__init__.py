"""`sqlite-rollback-journal`: commits to SQLite that write a rollback journal, for which readers wait."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.database.sqlite_rollback_journal.detector import detect
from pitstop.problems.database.sqlite_rollback_journal.fix import Told
from pitstop.problems.database.sqlite_rollback_journal.rule import find

PROBLEM = Problem(
    name="sqlite-rollback-journal",
    domain="database",
    title="SQLite database that keeps a rollback journal",
    severity="low",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="write-ahead-log",
                text="set `journal_mode` to WAL as a connection opens",
                effect="a commit waits for the disk once instead of several times; readers and the writer do not wait for each other",
                complexity="one statement",
                risk="`-wal` and `-shm` lie beside the database: a backup that copies the file alone lacks the last commits",
                compatibility="no answer changes; a database on a network drive cannot have it",
            ),
            fix=Told(normal=False),
        ),
        Choice(
            option=Option(
                name="without-waiting",
                text="set `synchronous` to NORMAL as well",
                effect="no commit waits for the disk",
                complexity="two statements",
                risk="what was committed just before the power fails may be gone; the database stays whole",
                compatibility="as above",
            ),
            fix=Told(normal=True),
        ),
        Choice(
            option=Option(
                name="by-hand",
                text="use a database server, where several machines write or many requests do at once",
                effect="writers do not wait for each other either",
                complexity="another driver and its migration",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
