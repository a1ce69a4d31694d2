"""Access logs as servers write them, and what must not make them lie."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from pitstop.errors import UsageError
from pitstop.measures import Traffic
from pitstop.traces.access_log import Asked, check, request_of, traffic
from pitstop.traces.templates import Templates

ROUTES = Templates(["GET /items", "GET /items/{item}", "POST /items", "WEBSOCKET /live", "GET /never/{x}"])
COMMON = '10.0.0.1 - ann [22/Nov/2026:05:40:12 +0000] "{request}" {status} 512'
COMBINED = COMMON + ' "https://example.com/?a=%22" "Mozilla/5.0 (X11) \\x22GET /forged HTTP/1.1\\x22 200"'
GET = Asked("GET", "/items/1", 200)


def line(path: str = "/items", status: int = 200, method: str = "GET") -> str:
    return COMBINED.format(request=f"{method} {path} HTTP/1.1", status=status)


def read(tmp_path: Path, *lines: str, templates: Templates = ROUTES) -> Traffic:
    log = tmp_path / "access.log"
    log.write_text("".join(f"{each}\n" for each in lines), "utf-8")
    return traffic([log], templates, frozenset({"GET /items"}))


def figures(told: Traffic) -> dict[str, tuple[int, int]]:
    return {each.route: (each.requests, each.refused) for each in told.routes}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (COMMON.format(request="GET /items/1?q=secret HTTP/1.1", status=200), GET),
        (COMBINED.format(request="GET /items/1 HTTP/2.0", status=200), GET),
        ('INFO:     127.0.0.1:53412 - "GET /items/1?a=b HTTP/1.1" 200 OK', GET),
        ('\x1b[32mINFO\x1b[0m:     127.0.0.1:1 - "\x1b[1mGET /items/1 HTTP/1.1\x1b[0m" \x1b[32m200 OK\x1b[0m', GET),
        ('2026-11-22 05:40:12,100 uvicorn.access INFO ::1:0 - "GET /items/1 HTTP/1.1" 200', GET),
        ('INFO:     127.0.0.1:1 - "WebSocket /live?token=x" [accepted]', Asked("WEBSOCKET", "/live", 101)),
        ('INFO:     127.0.0.1:1 - "WebSocket /live" 403', Asked("WEBSOCKET", "/live", 403)),
        (COMMON.format(request="GET http://example.com/items/1?x HTTP/1.1", status=200), GET),
        ('{"method": "get", "path": "/items/1?q=1", "status": 200}', GET),
        ('{"request": {"method": "GET", "uri": "/items/1"}, "status": 200, "ts": 1}', GET),
        ('{"RequestMethod":"GET","RequestPath":"/items/1","DownstreamStatus":200}', GET),
        ('{"http.request.method":"GET","url.path":"/items/1","http.response.status_code":"200"}', GET),
        ('{"httpRequest":{"requestMethod":"GET","requestUrl":"https://example.com/items/1","status":200}}', GET),
        ('{"request": "GET /items/1 HTTP/1.1", "status": "200", "body_bytes_sent": 1}', GET),
        ('{"level": "INFO", "message": "127.0.0.1:1 - \\"GET /items/1 HTTP/1.1\\" 200"}', GET),
        ('{"method":"GET","path":"/items/1","status":200,"agent":"\\"POST /forged HTTP/1.1\\" 200"}', GET),
        ("INFO:     Started server process [1]", None),
        ('{"event": "request_started", "method": "GET", "path": "/items/1"}', None),
        ('{"method": "GET", "path": "/items/1", "status": 0}', None),
        ('{"method": 1, "path": [], "status": true}', None),
        ('{"method": "GET", "path": "/ite', None),
        ("[" * 100_000, None),
        ("{" * 100_000, None),
        (COMMON.format(request="OPTIONS * HTTP/1.1", status=200), None),
        (COMMON.format(request="CONNECT example.com:443 HTTP/1.1", status=200), None),
        (COMMON.format(request="\\x16\\x03\\x01", status=400), None),
        (COMMON.format(request="GET /items/1 HTTP/1.1", status=20000), None),
    ],
)  # fmt: skip
def test_a_line_as_servers_write_it(text: str, wanted: Asked | None) -> None:
    assert request_of(text.encode() + b"\n") == wanted


def test_routes_are_counted_and_shares_are_of_what_was_not_refused(tmp_path: Path) -> None:
    told = read(
        tmp_path,
        *[line("/items/1?page=2")] * 6, line("/it%65ms/%41"), line("/items", 499), line("/items", 404), line("/items", 503),
        line("/items", 201, "POST"),
    )  # fmt: skip
    assert figures(told) == {"GET /items/{item}": (7, 0), "GET /items": (3, 1), "POST /items": (1, 0)}
    assert [each.share for each in told.routes] == [0.7, 0.2, 0.1]
    assert told.answered() == {"GET /items/{item}": 7, "GET /items": 2, "POST /items": 1}
    assert [each.called for each in told.routes] == [False, True, False]
    assert (told.lines, told.requests, told.unread, told.elsewhere_requests) == (11, 11, 0, 0)


def test_only_refused_requests_give_no_share(tmp_path: Path) -> None:
    told = read(tmp_path, line("/items", 401), line("/items", 429))
    assert [(each.requests, each.refused, each.share) for each in told.routes] == [(2, 2, 0.0)]


def test_lines_that_hold_no_request_are_counted_and_never_told(tmp_path: Path) -> None:
    told = read(
        tmp_path, line(), "", "INFO:     Waiting for application startup.", line(), '{"password": "x"}'
    )
    assert (told.lines, told.requests, told.unread, told.first_unread) == (5, 2, 2, 3)
    assert "password" not in repr(told)


def test_what_no_route_takes_is_told_without_ids_secrets_and_lines_of_its_own(tmp_path: Path) -> None:
    told = read(
        tmp_path, line(), line(),
        line("/wp-login.php", 404), line("/wp-login.php", 404), line("/reset/Zm9vYmFy?token=s3cret"), line("/a/b/c/d/e/f"),
        line("/v1/x%0Ay"), line("/" + "s" * 40), line("/items", 405, "DELETE"), line("/live", 101), line("/items/", 307),
    )  # fmt: skip
    assert figures(told) == {"GET /items": (2, 0), "WEBSOCKET /live": (1, 0)}
    assert {each.shape: (each.requests, each.refused) for each in told.elsewhere} == {
        "GET /wp-login.php": (2, 2),
        "GET /reset/{…}": (1, 0),
        "GET /a/b/c/d/…": (1, 0),
        "GET /v1/{…}": (1, 0),
        "GET /{…}": (1, 0),
        "DELETE /items": (1, 1),
        "GET /items/": (1, 0),
    }
    assert told.elsewhere_requests == 8


def test_a_prefix_that_a_proxy_takes_off_is_found(tmp_path: Path) -> None:
    told = read(
        tmp_path, *[line("/shop/api/items/1")] * 3, line("/shop/api/items"), line("/items"), line("/site.css")
    )
    assert told.prefix == "/shop/api"
    assert figures(told) == {"GET /items/{item}": (3, 0), "GET /items": (1, 0)}
    assert {each.shape for each in told.elsewhere} == {"GET /items", "GET /site.css"}


def test_a_few_paths_below_another_make_no_prefix(tmp_path: Path) -> None:
    told = read(tmp_path, line(), line(), line("/old/items"), line("/old/items"), line("/older/items/1"))
    assert told.prefix == ""
    assert figures(told) == {"GET /items": (2, 0)}


@pytest.mark.parametrize("others", [[line("/items")] * 3, [line("/a/b/c")] * 4])
def test_a_prefix_must_fit_most_and_more_than_fits_without(tmp_path: Path, others: list[str]) -> None:
    assert read(tmp_path, *[line("/old/items")] * 3, *others).prefix == ""


def test_a_route_that_takes_all_leaves_no_room_for_a_prefix(tmp_path: Path) -> None:
    every = Templates(["GET /items", "GET /{path:path}"])
    assert read(tmp_path, *[line("/api/items")] * 9, templates=every).prefix == ""


def test_several_files_and_compressed_ones_are_read_as_one(tmp_path: Path) -> None:
    plain, packed = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    plain.write_text(line() + "\n", "utf-8")
    packed.write_bytes(gzip.compress((line() + "\n" + line("/items/1")).encode()))
    check(packed)
    told = traffic([plain, packed], ROUTES, frozenset())
    assert figures(told) == {"GET /items": (2, 0), "GET /items/{item}": (1, 0)}
    assert (told.files, told.lines) == (("access.log", "access.log.1.gz"), 3)
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(UsageError, match="cannot be read"):
        traffic([packed], ROUTES, frozenset())


def test_a_file_that_is_no_access_log_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("Traceback (most recent call last):\n" * 5_000, "utf-8")
    with pytest.raises(UsageError, match="none of the first 2000 lines"):
        check(log)
    log.write_bytes(b"")
    with pytest.raises(UsageError, match="is empty"):
        check(log)
    with pytest.raises(UsageError, match="cannot be read"):
        check(tmp_path)
    log.write_text("INFO: Started\n" + line() + "\n", "utf-8")
    check(log)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with log.open("w", encoding="utf-8") as file:
        file.write("x" * 3_000_000 + "\n")
        for number in range(60_000):
            words = "/".join("word" + chr(97 + number // 26**power % 26) for power in range(4))
            file.write(line(f"/{words}") + "\n")
            file.write(line(f"/items/{number}") + "\n")
    tracemalloc.start()
    told = traffic([log], ROUTES, frozenset())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert figures(told) == {"GET /items/{item}": (60_000, 0)}
    assert (told.unread, told.elsewhere_requests) == (1, 60_000)
    assert len(told.elsewhere) == 20
    assert peak < 14 << 20, f"{peak >> 20} MB"


def test_fields_of_json_lines_beside_others(tmp_path: Path) -> None:
    record = {
        "time": "x",
        "method": "GET",
        "path": "/items",
        "status": 200,
        "user": {"path": "/home", "status": 1},
    }
    assert figures(read(tmp_path, json.dumps(record))) == {"GET /items": (1, 0)}
