"""What a reader sees: the sections in their order, the words and figures that the terminal has."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from pitstop.reports import figures
from tests.reports.hostile import JUDGED
from tests.reports.sample import EMPTY, POSTS, REPORT

from .conftest import Shown
from .samples import whole

SECTIONS = [
    "Diagnosis", "Gained", "Review", "Findings", "Routes", "Budgets", "Indexes", "Plans", "Checklists", "Contract", "Not looked at", "Not mended", "More",
]  # fmt: skip


def test_sections_stand_in_their_order_and_the_contents_lead_to_each(shown: Shown) -> None:
    page = shown(json.dumps(whole()))
    titles = [text.split("\n")[0].rstrip(" 0123456789") for text in page.locator("main h2").all_inner_texts()]
    assert titles == SECTIONS
    for title in SECTIONS:
        page.locator("nav").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, level=2)).to_be_in_viewport()


def test_the_top_says_what_was_gained_what_is_worst_and_what_to_do(shown: Shown) -> None:
    head = shown(REPORT).locator("header.head")
    expect(head.get_by_role("heading", level=1)).to_have_text("blog.main:app")
    expect(head).to_contain_text("1 repair proved, 1 route faster, 3 not kept")
    expect(head).to_contain_text("4 findings (1 high, 2 medium, 1 low) · 1 mended · 3 left")
    expect(head).to_contain_text("2 things: nothing is said of them")
    expect(head.locator(".worst li").first).to_contain_text("`time.sleep`".strip("`"))
    expect(head.locator(".command")).to_contain_text("pitstop tune --apply")


def test_gains_are_told_in_the_words_of_the_terminal(shown: Shown) -> None:
    gained = shown(REPORT).locator("#gained")
    changes = {each.metric: each for each in REPORT.verdicts[0].routes[0].changes}
    cpu, statements = changes["cpu"], changes["statements"]
    row = gained.locator("table.gains").first.get_by_role("row").filter(has_text=POSTS)
    expect(row).to_contain_text(figures.speed(cpu.before, cpu.after, cpu.interval))
    expect(row).to_contain_text(figures.gain(cpu.interval))
    expect(row).to_contain_text(f"A/A {figures.gain(cpu.control)}")
    expect(row).to_contain_text(f"{figures.pair(statements.before, statements.after)} statements")
    drawn = row.get_by_role("img")
    expect(drawn).to_have_accessible_name("10.8×, interval 9.9-11.7×, A/A 0.99-1.01×")


def test_what_was_not_kept_is_folded_with_its_reasons(shown: Shown) -> None:
    dropped = shown(REPORT).locator("#gained .dropped")
    expect(dropped.locator("article")).to_have_count(0)
    dropped.get_by_text("Not kept: 3").click()
    expect(dropped.locator("article")).to_have_count(3)
    expect(dropped).to_contain_text("an answer is not as before")
    expect(dropped).to_contain_text('"red" → "[red]"')


def test_a_change_of_somebody_is_not_called_a_repair_of_a_finding(shown: Shown) -> None:
    gained = shown(JUDGED).locator("#gained")
    expect(gained).to_contain_text("What speaks against it: 1")
    expect(gained).to_contain_text("pitstop prove --test t")


def test_only_what_there_is_has_a_section(shown: Shown) -> None:
    page = shown(EMPTY)
    expect(page.get_by_role("heading", level=1)).to_have_text("no app found")
    expect(page.locator("header.head")).to_contain_text("nothing found")
    assert page.locator("main h2").count() == 0
    assert page.locator("nav a").all_inner_texts() == ["Overview"]


def test_what_was_not_looked_at_is_told_with_its_reason(shown: Shown) -> None:
    section = shown(REPORT).locator("#not-looked-at")
    expect(section).to_contain_text("blog/broken.py")
    expect(section).to_contain_text("line 3: invalid syntax")


def test_checklists_are_answered_and_lead_to_findings(shown: Shown) -> None:
    page = shown(json.dumps(whole()))
    lists = page.locator("#checklists article")
    expect(lists.first).to_contain_text("1 of 2 are so")
    assert page.locator("#checklists .verdict").all_inner_texts() == ["✗ no", "✓ yes", "? unknown"]
    lists.first.get_by_role("link", name="One query for each post").click()
    expect(page.locator("#finding-a1b2c3d4e5f6 .detail")).to_be_visible()


def test_a_diagnosis_has_its_plan_its_answers_and_what_is_asked_back(shown: Shown) -> None:
    page = shown(REPORT)
    told = page.locator("#diagnosis")
    for text in (
        "GET /posts is slow and sometimes fails",
        "keeps its budget of 600 for p95",
        "open: none of 12 requests failed",
        "seen: GET /posts, 12 requests",
        "Which request fails",
    ):
        expect(told).to_contain_text(text)
    told.get_by_role("link", name="One query for each post").click()
    expect(page.locator("#finding-a1b2c3d4e5f6 .detail")).to_be_visible()


def test_a_review_says_what_to_ask_and_what_to_decide(shown: Shown) -> None:
    page = shown(REPORT)
    assert REPORT.review is not None
    expect(page.locator("header.head")).to_contain_text(
        "3 files from main to the work tree · 1 question · 2 to decide"
    )
    review = page.locator("#review")
    for text in (
        "2 missing-index, 1 await-in-loop",
        REPORT.review.questions[0].text,
        "blog/mail.py:10",
        "the service depends on celery now",
        "GET /posts max_statements: 5 → 8 looser",
        "GET * p95: none → 200",
        "pitstop prove main..HEAD",
    ):
        expect(review).to_contain_text(text)


def test_budgets_that_are_exceeded_stand_first_and_at_the_top_of_the_page(shown: Shown) -> None:
    page = shown(REPORT)
    over = sum(each.is_over for each in REPORT.budgets)
    expect(page.locator("header.head")).to_contain_text(f"{over} of {len(REPORT.budgets)} budgets exceeded")
    table = page.get_by_role("group", name="Budgets exceeded").get_by_role("row")
    expect(table).to_have_count(1 + over)
    expect(table.nth(1)).to_contain_text("5 statements")
    expect(table.nth(1)).to_contain_text("51 ▲ over")


def test_indexes_say_what_they_gain_and_cost(shown: Shown) -> None:
    section = shown(json.dumps(whole())).locator("#indexes")
    for words in (
        "CREATE INDEX ix_authors_name ON authors (name)",
        "24.0× (12 → 0.5 ms), 900 → 3 steps, sent 9 times",
        "4 MB, 120 ms to build, 10 → 12.5 µs for each row put in",
        "No index was tried: one statement had no plan",
    ):
        expect(section).to_contain_text(words)


PARTS = {
    "WebSocket connections": ["/feed/{user_id}/live", "1000 ×11, 1008 ×2, 1011"],
    "Files that requests read": ["blog/prices.json", "2,048"],
    "Caches": ["rate", "19 %", "get_settings", "99 %", "offers GET /me"],
    "Connections held: AsyncAdaptedQueuePool": ["48 a s", "5,000 a s"],
    "Memory": ["48", "3 of 12", "blog/posts.py:22 (40 MiB)"],
    "What each route may do": ["network, query", "requests.get: blog/posts.py:21 → blog/authors.py:9"],
    "Calls that could not be followed": ["row.strip", "15 of 17 calls"],
    "Asked a language model": ["openai/gpt-5", "8,400 asked, 712 answered", "without 1 text"],
    "Known findings": ["pitstop-baseline.json", "--prune-baseline"],
}


def test_nothing_of_the_report_is_lost(shown: Shown) -> None:
    more = shown(REPORT).locator("#more")
    for title, words in PARTS.items():
        part = more.locator("details").filter(has_text=title).first
        part.locator("summary").click()
        for each in words:
            expect(part).to_contain_text(each)
