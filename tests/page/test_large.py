"""More than 10 MB of findings: nothing is made before somebody looks at it. What is made is counted; times are nobody's to promise here."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from .conftest import Shown
from .samples import large

FINDINGS = 8_000
STEP = 50
ROWS = 2 * STEP
"""As many rows as a screen and what lies just below it may take."""
NODES = 6_000


@pytest.fixture(scope="module")
def document() -> str:
    text = json.dumps(large(FINDINGS))
    assert len(text) > 10_000_000
    return text


def nodes(page: Page) -> int:
    found: int = page.evaluate("document.querySelectorAll('*').length")
    return found


def rows(page: Page) -> int:
    return page.locator(".finding").count()


def test_the_first_findings_are_there_and_the_others_are_not_made(shown: Shown, document: str) -> None:
    page = shown(document)
    expect(page.locator("#findings h2")).to_have_text("Findings 8,000")
    expect(page.locator(".finding").first).to_contain_text("Finding 0 of many")
    assert rows(page) <= ROWS
    before = nodes(page)
    assert before < NODES
    page.locator(".finding [data-toggle]").first.click()
    expect(page.locator(".finding .detail")).to_be_visible()
    assert nodes(page) - before < 1_000


def test_a_search_makes_no_more_rows_than_fit(shown: Shown, document: str) -> None:
    page = shown(document)
    page.get_by_label("Search the findings").press_sequentially("of many part_13/")
    expect(page.locator(".filters output")).to_have_text("83 of 8,000")
    assert rows(page) <= ROWS
    assert nodes(page) < NODES
    page.get_by_label("Severity").select_option("high")
    expect(page.locator(".filters output")).to_contain_text("of 8,000")
    assert rows(page) <= ROWS


def test_more_rows_come_as_one_scrolls_and_an_address_makes_only_those_around_it(
    shown: Shown, document: str
) -> None:
    page = shown(document)
    first = rows(page)
    page.locator(".finding").last.scroll_into_view_if_needed()
    expect(page.locator(".finding").nth(first)).to_be_attached()
    assert rows(page) <= first + ROWS
    last = f"{FINDINGS - 1:012x}"
    page.evaluate(f"location.hash = 'finding/{last}'")
    expect(page.locator(f"#finding-{last} .detail")).to_be_in_viewport()
    assert rows(page) <= ROWS
    page.get_by_role("button", name="Show 50 before these").click()
    assert rows(page) <= 2 * ROWS
    assert nodes(page) < NODES
