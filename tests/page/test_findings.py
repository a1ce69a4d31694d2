"""The list of findings: opened by hand, by key and by address; filtered and searched."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.reports.sample import REPORT

from .conftest import Shown
from .samples import whole

FIRST, SECOND, THIRD, FOURTH = (finding.id for finding in REPORT.findings)


def opened(page: Page) -> list[str]:
    return [
        (row.get_attribute("id") or "").removeprefix("finding-")
        for row in page.locator(".finding.open").all()
    ]


def listed(page: Page) -> list[str]:
    return [
        (row.get_attribute("id") or "").removeprefix("finding-") for row in page.locator(".finding").all()
    ]


def test_a_finding_opens_with_all_that_is_known_of_it(shown: Shown) -> None:
    page = shown(json.dumps(whole()))
    assert listed(page) == [FIRST, SECOND, THIRD, FOURTH]
    assert opened(page) == []
    page.locator(f"#finding-{FIRST} [data-toggle]").click()
    detail = page.locator(f"#finding-{FIRST} .detail")
    for words in (
        "proved: pitstop makes it, and keeps it only if a proof passes",
        "a1b2c3d4e5f6 · certain",
        "Authors.of blog/authors.py:9",
        "51 statements · 50 rows · 31.3 ms database",
        "SELECT authors.id, authors.name FROM authors",
        "51 statements a request, one more with every post",
        "expected 7.0 to 14.0× better (FACTS.md)",
        "Repair: Load the authors with the posts p1",
        "answers as before; 49 statements fewer",
        "41 passed · 3 of 3 changed lines run",
        "12 of 12 answers as before",
        "One more statement where there are no posts.",
        "pytest tests/test_posts.py",
        "pitstop undo p1",
        "51 statements without the repair, where it fails, and 2 with it",
        "and 2 more",
    ):
        expect(detail).to_contain_text(words)
    detail.get_by_text("About n-plus-one-loop").click()
    expect(detail.get_by_role("heading", name="What it is")).to_be_visible()
    page.locator(f"#finding-{SECOND} [data-toggle]").click()
    assert opened(page) == [FIRST, SECOND]


def test_code_is_coloured_and_the_line_of_the_finding_is_marked(shown: Shown) -> None:
    code = shown(json.dumps(whole()), f"#finding/{FIRST}").get_by_role("group", name="Code of the finding")
    marked = code.locator(".marked")
    assert [line.split()[0] for line in marked.all_inner_texts()] == ["21", "22"]
    assert marked.first.locator(".hl-keyword").all_inner_texts() == ["await"]


def test_a_diff_shows_what_changed_within_a_line(shown: Shown) -> None:
    diff = shown(REPORT, f"#finding/{FIRST}").locator(".diff").first
    expect(diff.locator("figcaption")).to_contain_text("blog/posts.py")
    expect(diff.locator(".delete")).to_have_count(1)
    expect(diff.locator(".insert ins")).to_have_text(".options(selectinload(Post.author))")
    assert diff.locator(".sign").all_inner_texts() == [" ", "-", "+", " "]


def test_options_show_what_pitstop_would_change(shown: Shown) -> None:
    detail = shown(REPORT, f"#finding/{SECOND}").locator(f"#finding-{SECOND} .detail")
    expect(detail.get_by_role("heading", name="To decide")).to_be_visible()
    detail.get_by_text("What pitstop would change").click()
    expect(detail.locator(".option .delete")).to_contain_text("old()")
    expect(detail).to_contain_text("Made by openai/gpt-5, a language model")


def test_a_mended_finding_is_marked_with_what_it_brought(shown: Shown) -> None:
    page = shown(REPORT)
    expect(page.locator(f"#finding-{FIRST} .outlook")).to_have_text("✓ mended10.8× faster CPU")
    outlooks = [
        page.locator(f"#finding-{each} .outlook").inner_text().strip() for each in (SECOND, THIRD, FOURTH)
    ]
    assert outlooks == ["not kept", "not kept", "not kept"]


def test_filters_leave_what_is_so_and_say_how_many(shown: Shown) -> None:
    page = shown(REPORT)
    for label, choice, left in (
        ("Severity", "medium", [THIRD, FOURTH]),
        ("Problem", "n-plus-one-loop", [FIRST, SECOND]),
        ("Route", "POST /mail", [THIRD]),
        ("State", "mended", [FIRST]),
        ("State", "left", [SECOND, THIRD, FOURTH]),
    ):
        page.get_by_role("combobox", name=label).select_option(choice)
        expect(page.locator(".filters output")).to_have_text(f"{len(left)} of 4")
        assert listed(page) == left
        page.get_by_role("button", name="Show all").click()
        expect(page.locator(".finding")).to_have_count(4)


def test_search_finds_all_words_in_any_order_and_says_when_there_is_none(shown: Shown) -> None:
    page = shown(REPORT)
    search = page.get_by_label("Search the findings")
    search.press_sequentially("LOOP blog/posts")
    expect(page.locator(".filters output")).to_have_text("1 of 4")
    assert listed(page) == [FIRST]
    search.fill("nowhere")
    expect(page.locator("#findings .none")).to_contain_text("No finding is so.")
    page.locator("#findings .none").get_by_role("button", name="Show all").click()
    expect(search).to_have_value("")
    assert len(listed(page)) == 4


def test_the_keys_go_through_the_list(shown: Shown) -> None:
    page = shown(REPORT)
    press = page.keyboard.press
    press("j")
    press("j")
    expect(page.locator(f"#finding-{SECOND} [data-toggle]")).to_be_focused()
    press("o")
    assert opened(page) == [SECOND]
    press("k")
    press("Enter")
    assert opened(page) == [FIRST, SECOND]
    press("Escape")
    assert opened(page) == [SECOND]
    press("/")
    expect(page.get_by_label("Search the findings")).to_be_focused()
    page.keyboard.type("jo?")
    expect(page.get_by_label("Search the findings")).to_have_value("jo?")
    press("Escape")
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_an_address_opens_and_shows_a_finding_even_one_that_is_filtered_out(shown: Shown) -> None:
    page = shown(REPORT, f"#finding/{THIRD}")
    expect(page.locator(f"#finding-{THIRD} .detail")).to_be_in_viewport()
    expect(page.locator(f"#finding-{THIRD} [data-toggle]")).to_be_focused()
    page.get_by_label("Severity").select_option("low")
    page.evaluate(f"location.hash = 'finding/{FIRST}'")
    expect(page.locator(f"#finding-{FIRST} .detail")).to_be_in_viewport()


def test_back_and_forward_go_where_the_reader_was(shown: Shown) -> None:
    page = shown(REPORT)
    page.locator(f"#finding-{SECOND} [data-toggle]").click()
    page.locator("nav").get_by_role("link", name="Routes").click()
    expect(page.get_by_role("heading", name="Routes", level=2)).to_be_in_viewport()
    page.go_back()
    assert page.url.endswith(f"#finding/{SECOND}")
    expect(page.locator(f"#finding-{SECOND} .finding-head")).to_be_in_viewport()
    page.go_forward()
    expect(page.get_by_role("heading", name="Routes", level=2)).to_be_in_viewport()


def test_a_link_that_leads_where_one_is_already_leads_there_again(shown: Shown) -> None:
    page = shown(REPORT, "#more")
    page.evaluate("scrollTo(0, 0)")
    page.locator("nav").get_by_role("link", name="More").click()
    expect(page.get_by_role("heading", name="More", level=2)).to_be_in_viewport()


def test_addresses_that_lead_nowhere_do_no_harm(shown: Shown) -> None:
    page = shown(REPORT, "#finding/none")
    for at in ("#route/GET%20%2Fnone", "#nowhere", "#%E0%A4%A", "#finding/"):
        page.evaluate("at => (location.hash = at)", at)
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert opened(page) == []


def test_a_link_and_a_command_can_be_copied(shown: Shown) -> None:
    page = shown(REPORT, permissions=["clipboard-read", "clipboard-write"])
    page.locator(f"#finding-{FIRST}").get_by_role("button", name="Copy the link to this finding").click()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{page.url}#finding/{FIRST}"
    page.locator("header.head .command").get_by_role("button", name="Copy").click()
    expect(page.locator("header.head .command").get_by_role("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == REPORT.next
