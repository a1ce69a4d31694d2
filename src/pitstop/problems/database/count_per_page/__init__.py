"""`count-per-page`: all rows counted again for each page of a list."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.database.count_per_page.detector import detect

PROBLEM = Problem(
    name="count-per-page",
    domain="database",
    title="list whose rows are all counted again for each page",
    severity="medium",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="more",
            text="read one row more than the page and answer whether there are more",
            effect="no count at all",
            complexity="a few lines",
            compatibility="clients that show a total or jump to a page by number lose that",
        ),
        Option(
            name="once",
            text="count for the first page alone, or keep the count for a minute",
            effect="one count for many pages",
            complexity="a cache whose key is the filter",
            risk="the total is a little out of date",
            compatibility="the answer stays as it is",
        ),
        Option(
            name="capped",
            text="count up to a limit (`SELECT count(*) FROM (SELECT 1 ... LIMIT 1001)`) and say `1000+`",
            effect="as dear as a thousand rows at most",
            complexity="one statement",
            compatibility="clients have to show a total that is a lower bound",
        ),
    ),
    folder=Path(__file__).parent,
)
