"""The page for everybody: in both themes, on paper, on a narrow screen, without a mouse, and read aloud."""

from __future__ import annotations

import importlib.resources
import itertools
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pitstop.reports.html import render
from tests.reports.sample import REPORT

from .conftest import Shown
from .samples import EVIL, hostile, whole

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => (each.open = true))"


def all_opened(page: Page) -> Page:
    """The page with all of its findings, its first route and all folds open."""
    for toggle in page.locator(".finding [data-toggle]").all():
        toggle.click()
    page.locator("#routes [data-toggle]").first.click()
    for _ in range(3):  # what is in a fold is made when that is opened
        page.evaluate(OPEN_ALL)
        page.wait_for_timeout(50)
    return page


def faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_with_all_open(shown: Shown, scheme: str) -> None:
    assert faults(all_opened(shown(json.dumps(whole()), color_scheme=scheme))) == []


def test_axe_finds_no_fault_with_all_closed(shown: Shown) -> None:
    assert faults(shown(json.dumps(whole()))) == []


def test_axe_finds_no_fault_on_a_narrow_screen(shown: Shown) -> None:
    page = shown(json.dumps(whole()), viewport={"width": 390, "height": 800})
    assert faults(all_opened(page)) == []


def test_the_page_is_never_wider_than_the_screen(shown: Shown) -> None:
    document = whole()
    for name in ("findings", "routes"):
        document["report"][name][1]["route"] = (
            f"DELETE /{'/'.join(['a-rather-long-part'] * 6)}/{{and_a_parameter}}"
        )
    document["report"]["findings"][2]["message"] = "x" * 300
    page = all_opened(shown(json.dumps(document), reduced_motion="reduce"))
    for width in (1440, 900, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(100)  # charts are drawn anew
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_headings_follow_each_other_and_the_page_has_its_landmarks(shown: Shown) -> None:
    page = all_opened(shown(json.dumps(whole())))
    levels = page.evaluate(
        "[...document.querySelectorAll('main h1, main h2, main h3, main h4, main h5')].map((each) => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    for landmark in ("main", "nav", "search"):
        expect(page.locator(landmark)).to_have_count(1)


def test_tab_leads_past_the_contents_to_the_report(shown: Shown) -> None:
    page = shown(REPORT)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the report")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('header.head') !== null")


def test_the_focus_can_be_seen(shown: Shown) -> None:
    page = shown(REPORT)
    page.keyboard.press("j")
    expect(page.locator(".finding [data-toggle]").first).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "2px"


def test_the_theme_is_that_of_the_system_until_somebody_chooses(shown: Shown) -> None:
    page = shown(REPORT, color_scheme="dark")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    light = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(ground) == dark
    page.reload()
    assert page.evaluate(ground) == dark


def test_without_storage_the_theme_changes_all_the_same(shown: Shown) -> None:
    page = shown(REPORT)
    page.evaluate("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })")
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_on_paper_all_that_matters_is_open_and_black_on_white(shown: Shown) -> None:
    page = shown(json.dumps(whole()), color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".finding.open")).to_have_count(4)
    expect(page.locator(".route-detail")).to_have_count(1)
    for words in (
        "Load the authors with the posts",
        "nothing aimed at got better",
        "SCAN authors",
        "openai/gpt-5",
    ):
        expect(page.locator("main")).to_contain_text(words)
    for control in ("nav", ".filters", ".copy"):
        expect(page.locator(control).first).to_be_hidden()
    style = "((style) => [style.color, style.backgroundColor])(getComputedStyle(document.documentElement))"
    assert page.evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    cut = "[...document.querySelectorAll('.code .scroll')].filter((each) => each.scrollWidth > each.clientWidth + 1).length"
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.evaluate(cut) == 0
    page.emulate_media(media="screen")
    expect(page.locator(".finding.open")).to_have_count(0)


def test_no_text_of_the_service_becomes_html(shown: Shown) -> None:
    page = all_opened(shown(json.dumps(hostile(whole()))))
    page.locator("#routes .flame").first.wait_for()
    assert page.locator("img").count() == 0
    assert page.get_by_text(EVIL).count() > 50


def test_a_diff_and_code_are_text_too(shown: Shown) -> None:
    document = whole()
    report = document["report"]
    report["patches"][0]["diff"] = f"--- a/{EVIL}\n+++ b/{EVIL}\n@@ -1 +1 @@ {EVIL}\n-{EVIL}\n+x{EVIL}\n"
    report["excerpts"][0]["text"] = f"a\nb = '{EVIL}'\nc\n{EVIL}\n"
    document["problems"]["n-plus-one-loop"]["page"] = (
        f"# x\n\n{EVIL} **{EVIL}** [a](javascript:alert)\n\n- `{EVIL}`\n\n```python\n{EVIL}\n```\n"
    )
    page = all_opened(shown(json.dumps(document)))
    assert page.locator("img").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.locator(f"#finding-{report['findings'][0]['id']}").get_by_text(EVIL).count() >= 6


def test_the_policy_forbids_what_would_call_out(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(REPORT), "utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    refused = page.evaluate(
        """() => new Promise((done) => {
            addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
            new WebSocket('ws://127.0.0.1:9');
        }).catch(() => 'thrown')"""
    )
    page.close()
    assert refused == "connect-src"
