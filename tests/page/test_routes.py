"""The routes: sorted, opened, and what is drawn of each."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.reports.sample import POSTS, REPORT

from .conftest import Shown
from .samples import SELECT, whole

AT = f"#route/{quote(POSTS, safe='')}"


def width(drawn: Locator) -> float:
    place = drawn.bounding_box()
    assert place is not None
    return place["width"]


def names(page: Page) -> list[str]:
    return page.locator("#routes tbody th .toggle").all_inner_texts()


def test_the_table_is_sorted_by_a_column_and_turned(shown: Shown) -> None:
    document = whole()
    for position, route in enumerate(document["report"]["routes"]):
        route["p95_ms"] = float((position * 5) % 12)
    page = shown(json.dumps(document))
    given = names(page)
    assert given == [route["route"] for route in document["report"]["routes"]]
    header = page.get_by_role("columnheader", name="p95 ms")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    down = names(page)
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    assert names(page) == down[::-1] != given
    page.get_by_role("columnheader", name="route").get_by_role("button").click()
    assert names(page) == sorted(given)


def test_columns_that_no_route_has_anything_in_are_left_out(shown: Shown) -> None:
    headers = shown(REPORT).locator("#routes thead th").all_inner_texts()
    assert headers == [
        "route", "time goes to", "requests", "p50 ms", "p95 ms", "p99 ms", "cpu ms", "statements", "rows", "db ms", "blocked ms",
        "bytes", "bytes in",
    ]  # fmt: skip


def test_an_address_opens_a_route_with_its_pictures(shown: Shown) -> None:
    page = shown(json.dumps(whole()), AT)
    detail = page.locator("#routes .route-detail")
    for words in (
        "Where the time went",
        "handler posts app/posts.py:12",
        "200 ms",
        "49 %",
        "Plans of its statements",
    ):
        expect(detail).to_contain_text(words)
    detail.get_by_role("link", name="One query for each post").click()
    expect(page.locator("#finding-a1b2c3d4e5f6 .detail")).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_role("button", name=POSTS, exact=True)).to_be_focused()


def test_a_waterfall_shows_when_each_step_was(shown: Shown) -> None:
    waterfall = shown(json.dumps(whole()), AT).locator(".waterfall")
    expect(waterfall).to_contain_text("Slowest request: 540 ms, status 200 tests/test_posts.py::test_posts")
    steps = waterfall.get_by_role("row")
    expect(steps).to_have_count(1 + 3)
    expect(steps.nth(3)).to_contain_text(f"{SELECT} ×50")
    bars = [bar.bounding_box() for bar in waterfall.locator(".bar").all()]
    starts = [bar["x"] for bar in bars if bar]
    assert starts == sorted(starts)
    expect(waterfall).to_contain_text("4 shorter steps, 1.2 ms together")
    waterfall.get_by_role("button", name="Show 1").click()
    expect(steps).to_have_count(1 + 4)


def test_a_flame_graph_is_read_and_zoomed_with_the_keyboard(shown: Shown) -> None:
    flame = shown(json.dumps(whole()), AT).locator(".flame")
    boxes = flame.get_by_role("button")
    expect(boxes).to_have_count(5)
    handler = boxes.filter(has_text="handler list_posts")
    handler.focus()
    expect(flame.locator("output")).to_have_text("handler list_posts: 300 ms, 73 % (blog/posts.py:21)")
    root = flame.get_by_role("button", name=f"{POSTS}: 412 ms, 100 %")
    wide, before = width(root), width(handler)
    handler.press("Enter")
    expect(boxes).to_have_count(4)
    assert before < 0.8 * wide
    assert width(handler) > 0.99 * wide
    root.click()
    expect(boxes).to_have_count(5)


def test_a_plan_is_a_tree_and_what_reads_a_whole_table_is_marked(shown: Shown) -> None:
    plan = shown(json.dumps(whole())).locator("#plans .plan")
    expect(plan.locator("summary")).to_contain_text(f"376 ms sent 600 times ◆ scan{SELECT}")
    plan.locator("summary").click()
    expect(plan.locator(".tree > li").first).to_contain_text("SCAN authors reads the whole table 5,000 rows")
    expect(plan.locator(".tree .tree")).to_contain_text("SEARCH names looks up")


def test_many_routes_are_shown_when_asked_for(shown: Shown) -> None:
    document = whole()
    routes = document["report"]["routes"]
    document["report"]["routes"] = [{**routes[1], "route": f"GET /{number}"} for number in range(60)]
    page = shown(json.dumps(document))
    assert len(names(page)) == 30
    page.get_by_role("button", name="Show all 60").click()
    assert len(names(page)) == 60
    assert page.evaluate("location.hash = 'route/GET%20%2F59'") is not None
    expect(page.locator("#routes .route-detail")).to_be_in_viewport()
