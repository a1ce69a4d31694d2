from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.data import Skipped
from pitstop.proof.behaviour import Behaviour, compare, learn
from pitstop.traces.bodies import Body
from pitstop.traces.outbound import LanguageModel
from pitstop.traces.records import Command, Dropped, Exchange, LoggedError, OutboundCall, Run, Statement
from tests.proof.runs import answering, exchange, run


def kinds(found: Behaviour) -> list[str]:
    return [each.kind for each in found.differences]


def places(found: Behaviour) -> list[str]:
    return [each.where.partition(": ")[2] for each in found.differences]


BASE = exchange(
    1, {"a": 1, "b": [1, 2]}, response_headers=(("x", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
)


def test_a_run_like_the_one_before_is_equal() -> None:
    found = compare(run(BASE), run(BASE), run(BASE))
    assert found.equal
    assert (found.routes[0].route, found.routes[0].compared, found.routes[0].equal) == ("GET /items", 1, 1)


@pytest.mark.parametrize(
    ("after", "kind", "place"),
    [
        (exchange(1, {"a": 2, "b": [1, 2]}), "body", "body $.a"),
        (exchange(1, {"b": [1, 2]}), "body", "body $.a"),
        (exchange(1, {"a": 1, "b": [1, 2], "c": None}), "body", "body $.c"),
        (exchange(1, {"a": 1, "b": [2, 1]}), "body", "body $.b"),
        (exchange(1, {"a": 1, "b": [1]}), "body", "body $.b"),
        (exchange(1, {"a": 1, "b": [1, None]}), "body", "body $.b[1]"),
        (exchange(1, {"b": [1, 2], "a": 1}), "body", "body $"),
        (exchange(1, {"a": True, "b": [1, 2]}), "body", "body $.a"),
        (exchange(1, {"a": 1.0, "b": [1, 2]}), "body", "body $.a"),
        (exchange(1, {"a": "1", "b": [1, 2]}), "body", "body $.a"),
        (exchange(1, raw=b'{"a":1,"b":[1,2]}'), "body", "body, the same values written otherwise"),
        (exchange(1, raw=b"not json"), "body", "body"),
        (exchange(1, None), "body", "body"),
        (exchange(1, {"a": 1, "b": [1, 2]}, status=201), "status", "status"),
        (exchange(1, {"a": 1, "b": [1, 2]}, error="KeyError"), "error", "error"),
        (exchange(1, {"a": 1, "b": [1, 2]}, path="/items/2"), "missing", "request"),
        (exchange(1, {"a": 1, "b": [1, 2]}, query="q=1"), "missing", "request"),
    ],
)
def test_whatever_a_client_can_see_is_a_difference(after: Exchange, kind: str, place: str) -> None:
    before = exchange(1, {"a": 1, "b": [1, 2]})
    found = compare(run(before), run(before), run(after))
    assert not found.equal
    assert kind in kinds(found)
    assert place in places(found)
    assert found.routes[0].equal == 0


@pytest.mark.parametrize(
    ("headers", "differs"),
    [
        ([("X", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2")], False),
        ([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", "1")], False),
        ([("x", "1"), ("set-cookie", "b=2"), ("set-cookie", "a=1")], True),
        ([("x", "1"), ("set-cookie", "a=1")], True),
        ([("x", "2"), ("set-cookie", "a=1"), ("set-cookie", "b=2")], True),
        ([("set-cookie", "a=1"), ("set-cookie", "b=2")], True),
        ([("x", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("y", "1")], True),
        ([("x", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("date", "1")], True),
    ],
)
def test_headers(headers: list[tuple[str, str]], differs: bool) -> None:
    after = exchange(1, {"a": 1, "b": [1, 2]}, response_headers=tuple(headers))
    found = compare(run(BASE), run(BASE), run(after))
    assert kinds(found) == (["header"] if differs else [])


def test_a_length_under_another_name_follows_from_the_body() -> None:
    def compressed(time: str) -> bytes:
        return gzip.compress(json.dumps({"time": time}).encode(), mtime=0)

    def sized(raw: bytes, more: int = 0) -> Run:
        told = ("content-size", str(len(raw) + more))
        sent = (("content-type", "application/json"), ("content-encoding", "gzip"), told)
        return run(exchange(1, raw=raw, response_headers=sent))

    one, again, after = (compressed(time) for time in ("1" * 10, "2" * 10, "1234567890"))
    assert len(one) == len(again) != len(after)
    assert places(compare(sized(one), sized(again), sized(after))) == []
    assert places(compare(sized(one), sized(again), sized(after, 1))) == ["header content-size"]


def test_headers_that_tell_the_time_are_compared_by_presence() -> None:
    one = exchange(1, {}, response_headers=(("date", "1"), ("server-timing", "a"), ("content-length", "2")))
    other = exchange(1, {}, response_headers=(("date", "2"), ("server-timing", "b"), ("content-length", "3")))
    assert compare(run(one), run(one), run(other)).equal
    gone = exchange(1, {}, response_headers=(("date", "2"), ("server-timing", "b")))
    assert places(compare(run(one), run(one), run(gone))) == ["header content-length"]
    head = [exchange(1, None, method="HEAD", response_headers=(("content-length", n),)) for n in "12"]
    assert places(compare(run(head[0]), run(head[0]), run(head[1]))) == ["header content-length"]


def test_bytes_that_are_no_json_must_be_the_same() -> None:
    one, other = exchange(1, raw=b"\xff\x00a"), exchange(1, raw=b"\xff\x00b")
    assert kinds(compare(run(one), run(one), run(other))) == ["body"]
    assert compare(run(one), run(one), run(one)).equal


def test_duplicate_keys_in_an_object_are_compared_as_bytes() -> None:
    one, other = exchange(1, raw=b'{"a":1,"a":2}'), exchange(1, raw=b'{"a":3,"a":2}')
    assert kinds(compare(run(one), run(one), run(other))) == ["body"]


# --- rows ------------------------------------------------------------------------------------------------------------

INSERT = ("INSERT", "items", "h1", 1)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ((INSERT, ("UPDATE", "items", "h2", 2)), False),
        ((("UPDATE", "items", "h2", 2), INSERT), False),
        ((INSERT, ("UPDATE", "items", "h2", 1), ("UPDATE", "items", "h2", 1)), False),
        ((INSERT,), True),
        ((INSERT, INSERT, ("UPDATE", "items", "h2", 2)), True),
        ((INSERT, ("UPDATE", "items", "h3", 2)), True),
        ((INSERT, ("UPDATE", "others", "h2", 2)), True),
        ((INSERT, ("DELETE", "items", "h2", 2)), True),
    ],
)
def test_rows_written_are_compared_whatever_their_order(changes: Any, differs: bool) -> None:
    before = exchange(1, {}, method="POST", changes=(INSERT, ("UPDATE", "items", "h2", 2)))
    after = exchange(1, {}, method="POST", changes=changes)
    found = compare(run(before), run(before), run(after))
    assert set(kinds(found)) == ({"rows"} if differs else set())


def test_requests_to_others_that_may_change_something_count_as_rows() -> None:
    def calls(*methods: str) -> Run:
        return run(exchange(1, {}, calls=tuple(OutboundCall(method=m, url="http://x/y") for m in methods)))

    before = calls("POST", "GET", "GET")
    assert compare(before, before, calls("GET", "POST")).equal
    assert kinds(compare(before, before, calls("GET", "GET"))) == ["rows"]
    assert kinds(compare(before, before, calls("POST", "POST", "GET"))) == ["rows"]


# --- alignment -------------------------------------------------------------------------------------------------------


def test_missing_and_added_requests() -> None:
    two, one = answering(1, 2), answering(1)
    lost = compare(two, two, one)
    assert kinds(lost) == ["missing"]
    assert "request 2 of t.py::test" in lost.differences[0].where
    assert kinds(compare(one, one, two)) == ["missing"]


def test_a_request_that_is_sent_now_and_then_is_not_compared() -> None:
    found = compare(answering(1, 2), answering(1), answering(1))
    assert found.differences == ()
    assert "not sent in every run" in found.noise[-1]


def test_requests_sent_at_once_may_be_numbered_either_way() -> None:
    a, b = exchange(1, "a", path="/a"), exchange(2, "b", path="/b")
    swapped = exchange(1, "b", path="/b"), exchange(2, "a", path="/a")
    assert compare(run(a, b), run(a, b), run(*swapped)).equal
    lying = exchange(1, "a", path="/b"), exchange(2, "b", path="/a")
    assert kinds(compare(run(a, b), run(a, b), run(*lying))) == ["body", "body"]


def test_keys_that_come_twice_are_compared_in_order() -> None:
    twice = run(exchange(1, "a"), exchange(1, "b"))
    assert compare(twice, twice, twice).equal
    assert kinds(compare(twice, twice, run(exchange(1, "a"), exchange(1, "c")))) == ["body"]


# --- noise -----------------------------------------------------------------------------------------------------------


def test_noise_is_masked_and_said() -> None:
    before, again, after = ({"id": n, "name": "x", "at": {"now": n}} for n in (1, 2, 3))
    found = compare(answering(before), answering(again), answering(after))
    assert found.differences == ()
    assert set(found.noise) == {
        "GET /items: body $.id differs from run to run by itself",
        "GET /items: body $.at.now differs from run to run by itself",
    }
    assert found.routes[0].masked == 1


@pytest.mark.parametrize(
    "after",
    [
        {"id": 3, "name": "y", "items": [{"t": 3, "v": 1}, {"t": 0, "v": 2}]},
        {"id": 3, "name": "x", "items": [{"t": 3, "v": 2}, {"t": 0, "v": 2}]},
        {"id": 3, "name": "x", "items": [{"t": 3, "v": 1}, {"t": 1, "v": 2}]},
        {"id": 3, "name": "x", "items": [{"t": 3, "v": 1}]},
        {"id": 3, "items": [{"t": 3, "v": 1}, {"t": 0, "v": 2}]},
        {"name": "x", "id": 3, "items": [{"t": 3, "v": 1}, {"t": 0, "v": 2}], "new": 1},
        {"id": 3, "name": 1, "items": [{"t": 3, "v": 1}, {"t": 0, "v": 2}]},
        {"name": "x", "items": [{"t": 3, "v": 1}, {"t": 0, "v": 2}], "id": 3, "x": 3},
        [],
    ],
)
def test_a_mask_hides_nothing_that_is_steady(after: Any) -> None:
    before, again = ({"id": n, "name": "x", "items": [{"t": n, "v": 1}, {"t": 0, "v": 2}]} for n in (1, 2))
    assert not compare(answering(before), answering(again), answering(after)).equal


def test_noise_in_one_exchange_says_nothing_of_another() -> None:
    found = compare(
        answering({"t": 1}, {"t": 5}), answering({"t": 2}, {"t": 5}), answering({"t": 3}, {"t": 6})
    )
    assert places(found) == ["body $.t"]
    assert "request 2" in found.differences[0].where
    assert found.suspect
    third = learn(
        answering({"t": 1}, {"t": 5}), [answering({"t": 2}, {"t": 5}), answering({"t": 2}, {"t": 9})]
    )
    assert compare(answering({"t": 1}, {"t": 5}), third, answering({"t": 3}, {"t": 6})).differences == ()
    assert not compare(answering({"t": 1}), answering({"t": 1}), answering({"t": 2})).suspect


def test_whether_a_difference_is_far_from_what_a_patch_touches() -> None:
    near, far = exchange(1, {"a": 1}), exchange(2, {"b": 1}, route="/far")
    before = run(near, far)
    changed = exchange(2, {"b": 2}, route="/far")
    found = compare(before, before, run(near, changed))
    assert found.differs_beyond({near.endpoint})
    assert not found.differs_beyond({near.endpoint, far.endpoint})
    assert not compare(before, before, before).differs_beyond(())


def test_a_list_that_comes_in_any_order_must_hold_the_same() -> None:
    before, again = answering({"s": ["a", "b", "c"], "x": 1}), answering({"s": ["c", "a", "b"], "x": 1})
    assert compare(before, again, answering({"s": ["b", "c", "a"], "x": 1})).differences == ()
    assert not compare(before, again, answering({"s": ["b", "c", "d"], "x": 1})).equal
    assert not compare(before, again, answering({"s": ["b", "c"], "x": 1})).equal


def test_keys_that_come_in_any_order_must_hold_the_same() -> None:
    before, again = answering({"a": 1, "b": 2, "c": 3}), answering({"b": 2, "a": 1, "c": 3})
    assert compare(before, again, answering({"c": 3, "b": 2, "a": 1})).differences == ()
    assert places(compare(before, again, answering({"c": 4, "b": 2, "a": 1}))) == ["body $.c"]


def test_bytes_that_wobble_leave_the_values_compared() -> None:
    before, again = run(exchange(1, raw=b'{"a": 1}')), run(exchange(1, raw=b'{"a":1}'))
    assert compare(before, again, run(exchange(1, raw=b'{ "a":1}'))).differences == ()
    assert places(compare(before, again, run(exchange(1, raw=b'{"a":2}')))) == ["body $.a"]


def test_a_key_that_comes_and_goes_is_ignored_alone() -> None:
    before, again = answering({"a": 1, "b": 2}), answering({"a": 1})
    assert compare(before, again, answering({"a": 1, "b": 3})).differences == ()
    assert not compare(before, again, answering({"a": 2})).equal


def test_noisy_rows_leave_the_steady_ones_and_their_number_compared() -> None:
    def wrote(*rows: tuple[str, str, str, int]) -> Run:
        return run(exchange(1, {}, changes=rows))

    before = wrote(INSERT, ("INSERT", "items", "n1", 1))
    again = wrote(INSERT, ("INSERT", "items", "n2", 1))
    assert compare(before, again, wrote(INSERT, ("INSERT", "items", "n3", 1))).differences == ()
    assert kinds(
        compare(before, again, wrote(("INSERT", "items", "n3", 1), ("INSERT", "items", "n4", 1)))
    ) == ["rows"]
    assert kinds(compare(before, again, wrote(INSERT))) == ["rows"]
    assert kinds(compare(before, again, wrote(INSERT, INSERT, INSERT))) == ["rows"]


def test_noisy_rows_are_noisy_too_where_the_run_before_is_that_of_an_accepted_patch() -> None:
    def wrote(*values: str) -> Run:
        return run(exchange(1, {}, changes=tuple(("INSERT", "users", value, 1) for value in values)))

    # a salted password: no two runs write the same
    learnt = learn(wrote("steady", "salt 1"), [wrote("steady", "salt 2")])
    accepted = wrote("steady", "salt 3")
    assert compare(accepted, learnt, wrote("steady", "salt 4")).differences == ()
    assert kinds(compare(accepted, learnt, wrote("other", "salt 4"))) == ["rows"]
    assert kinds(compare(accepted, learnt, wrote("steady", "salt 4", "salt 5"))) == ["rows"]
    assert kinds(compare(accepted, learnt, wrote("steady"))) == ["rows"]
    quiet = learn(wrote("steady"), [wrote("steady")])
    assert kinds(compare(wrote("steady"), quiet, wrote("salt 4"))) == ["rows"]


def test_a_noisy_header_leaves_the_others_compared() -> None:
    def sent(x: str, y: str) -> Run:
        return run(exchange(1, {}, response_headers=(("x", x), ("y", y))))

    assert compare(sent("1", "1"), sent("2", "1"), sent("3", "1")).differences == ()
    assert places(compare(sent("1", "1"), sent("2", "1"), sent("3", "2"))) == ["header y"]


@pytest.mark.parametrize(
    ("noisy", "where"),
    [
        ([exchange(1, {"a": n, "b": n, "c": 1}) for n in range(3)], "body $.a"),
        ([exchange(1, raw=b"x%d" % n) for n in range(3)], "body $[*]"),
        ([exchange(1, {}, status=200 + n) for n in range(3)], "status"),
        ([exchange(1, {}, changes=(("INSERT", "t", "h", n),)) for n in range(3)], "INSERT t"),
    ],
)
def test_a_route_that_is_mostly_noise_is_not_called_equal(noisy: list[Exchange], where: str) -> None:
    before, again, after = (run(each) for each in noisy)
    found = compare(before, again, after)
    assert found.differences == ()
    assert found.routes[0].doubtful
    assert found.routes[0].blur == f"{where} in t.py::test"
    assert not found.equal


def test_a_little_noise_does_not_blur_a_route() -> None:
    bodies = [[{"a": n, "b": 1, "c": 2}, *range(9)] for n in range(3)]
    before, again, after = (answering(*each) for each in bodies)
    assert compare(before, again, after).equal


def test_what_was_not_recorded_is_a_gap() -> None:
    whole = answering(1)
    dropped = run(*whole.exchanges, dropped=(Dropped(why="too many", requests=3),))
    cut = run(*whole.exchanges, skipped=(Skipped(stage="measure", subject="1.jsonl", reason="record 9"),))
    bare = run(exchange(1, 1, response_body=Body()))
    for run_before, again, after in (
        (whole, whole, dropped),
        (dropped, whole, whole),
        (whole, dropped, whole),
        (whole, whole, cut),
        (bare, bare, bare),
    ):
        found = compare(run_before, again, after)
        assert found.gaps
        assert not found.equal


def test_very_many_differences_are_counted_not_listed() -> None:
    before, after = answering(*range(500)), answering(*range(1, 501))
    found = compare(before, before, after)
    assert len(found.differences) == 201
    assert found.differences[-1].where == "300 more differences"
    wide = compare(
        answering({str(n): n for n in range(50)}), answering({str(n): n for n in range(50)}), answering({})
    )
    assert wide.differences[-1].where.endswith("45 more differences")


def test_noise_needs_a_second_run() -> None:
    with pytest.raises(ValueError, match="second run"):
        learn(answering(1), [])


def test_objects_that_say_where_they_lie_are_one_error() -> None:
    one, other = (exchange(1, {}, error=f"<object at 0x7f{n}abc>") for n in (1, 2))
    assert compare(run(one), run(one), run(other)).equal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "é", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(before=JSON, after=JSON)
def test_without_noise_equal_means_equal_bytes(before: Any, after: Any) -> None:
    found = compare(answering(before), answering(before), answering(after))
    assert found.equal == (json.dumps(before) == json.dumps(after))


@given(before=JSON, again=JSON, after=JSON, steady=JSON, changed=JSON)
def test_no_noise_hides_a_change_beside_it(
    before: Any, again: Any, after: Any, steady: Any, changed: Any
) -> None:
    one, other = (answering({"noise": noise, "steady": steady}) for noise in (before, again))
    found = compare(one, other, answering({"noise": after, "steady": changed}))
    if json.dumps(steady) != json.dumps(changed):
        assert not found.equal
        assert found.differences


@given(before=JSON, again=JSON)
def test_the_second_run_itself_never_differs(before: Any, again: Any) -> None:
    assert compare(answering(before), answering(again), answering(again)).differences == ()
    assert compare(answering(before), answering(again), answering(before)).differences == ()


def connection(*messages: str, **given: Any) -> Exchange:
    """A connection that sent these messages."""
    raw = "".join(json.dumps(message) + "\n" for message in messages).encode()
    return exchange(2, raw=raw, **{"method": "WEBSOCKET", "route": "/ws", "status": 101, **given})


def test_connections_are_compared_message_by_message() -> None:
    before = connection('{"total": 1}', "bye")
    assert compare(run(BASE, before), run(BASE, before), run(BASE, before)).equal
    found = compare(run(BASE, before), run(BASE, before), run(BASE, connection('{"total": 2}', "bye")))
    assert [(each.where, each.before, each.after) for each in found.differences] == [
        ("WEBSOCKET /ws, request 2 of t.py::test: message 1 $.total", "1", "2")
    ]
    fewer = compare(run(BASE, before), run(BASE, before), run(BASE, connection('{"total": 1}')))
    assert [(each.before, each.after) for each in fewer.differences] == [("2 items", "1 items")]


@pytest.mark.parametrize(
    "given",
    [
        {"status": 403},
        {"error": "builtins.KeyError"},
        {"changes": (("INSERT", "t", "h", 1),)},
        {"request_body": Body(base64.b64encode(b'"hi"\n').decode())},
        {"close_code": 1011},
    ],
)
def test_what_a_connection_does_besides_is_compared(given: dict[str, Any]) -> None:
    before = connection("bye", close_code=1000)
    after = connection("bye", **{"close_code": 1000, **given})
    assert len(compare(run(BASE, before), run(BASE, before), run(BASE, after)).differences) == 1


def test_messages_that_were_too_many_to_keep_are_compared_as_a_whole() -> None:
    before, after = (
        exchange(
            2, raw=b"sha256:" + digest, method="WEBSOCKET", route="/ws", status=101, response_bytes=9_000_000
        )
        for digest in (b"0" * 64, b"1" * 64)
    )
    assert compare(run(before), run(before), run(before)).equal
    assert compare(run(before), run(before), run(after)).differences
    assert not compare(run(before), run(after), run(before)).equal


# --- bodies that are no JSON ------------------------------------------------------------------------------------------

EVENTS = (("content-type", "text/event-stream; charset=utf-8"),)


def streamed(text: str, **given: Any) -> Exchange:
    return exchange(1, raw=text.encode(), **{"response_headers": EVENTS, "pieces": 3, **given})


def test_events_are_told_by_number_and_field() -> None:
    before = streamed('id: 1\ndata: {"n": 1}\n\nid: 2\nevent: end\ndata: a\ndata: b\n\n')
    after = streamed('id: 1\ndata: {"n": 2}\n\nid: 3\nevent: end\ndata: a\ndata: c\n\n')
    found = compare(run(before), run(before), run(after))
    assert [(each.where.partition(": ")[2], each.before, each.after) for each in found.differences] == [
        ("event 1 $.data.n", "1", "2"),
        ("event 2 $.id", '"2"', '"3"'),
        ("event 2 $.data", '"a\\nb"', '"a\\nc"'),
    ]
    comment = compare(run(before), run(before), run(streamed(before.body.decode() + ": still here\n\n")))
    assert not comment.equal


def test_noise_in_one_event_hides_no_other() -> None:
    one, again, other = (
        streamed(f"id: {at}\ndata: {word}\n\n" + "data: x\n\n" * 3)
        for at, word in ((1, "a"), (2, "a"), (3, "b"))
    )
    found = compare(run(one), run(again), run(other))
    assert [each.where.partition(": ")[2] for each in found.differences] == ["event 1 $.data"]
    assert compare(run(one), run(again), run(streamed(again.body.decode().replace("id: 2", "id: 9")))).equal


def test_lines_of_a_text_are_compared_one_by_one() -> None:
    one, again, same, other = (
        exchange(1, raw=f"<p>\n{token}\n{word}\n</p>\n".encode())
        for token, word in (("t1", "a"), ("t2", "a"), ("t3", "a"), ("t4", "b"))
    )
    assert compare(run(one), run(again), run(same)).equal
    found = compare(run(one), run(again), run(other))
    assert [(each.where.partition(": ")[2], each.before, each.after) for each in found.differences] == [
        ("line 3", '"a\\n"', '"b\\n"')
    ]


@pytest.mark.parametrize(
    ("before", "after", "differs"), [(3, 1, True), (3, 5, False), (1, 3, False), (1, 1, False)]
)
def test_a_stream_that_comes_in_one_piece_has_changed(before: int, after: int, differs: bool) -> None:
    one, other = (streamed("data: x\n\n", pieces=pieces) for pieces in (before, after))
    found = compare(run(one), run(one), run(other)).differences
    assert [each.before for each in found] == (["sent in 3 pieces"] if differs else [])
    assert compare(run(one), run(other), run(other)).equal


# --- errors in the log, and what others are asked ---------------------------------------------------------------------


def logging_errors(*errors: LoggedError) -> Run:
    return run(exchange(1, {}, errors=errors))


LOST = LoggedError("shop.orders", 40, "builtins.KeyError", "h1", "m1")


@pytest.mark.parametrize(
    "after",
    [
        (),
        (LOST, LOST),
        (LoggedError("shop.orders", 50, "builtins.KeyError", "h1", "m1"),),
        (LoggedError("shop.orders", 40, "builtins.ValueError", "h1", "m1"),),
        (LoggedError("shop.orders", 40, "builtins.KeyError", "h1", "m2"),),
    ],
)
def test_other_errors_in_the_log_are_a_difference(after: tuple[LoggedError, ...]) -> None:
    before = logging_errors(LOST)
    (found,) = compare(before, before, logging_errors(*after)).differences
    assert found.kind == "log"
    assert found.before == "ERROR of shop.orders (KeyError)"
    assert found.before != found.after
    assert compare(before, logging_errors(*after), logging_errors(*after)).equal


def test_the_logger_may_be_another_module_s() -> None:
    moved = LoggedError("shop.services", 40, "builtins.KeyError", "h1", "m1")
    assert compare(logging_errors(LOST), logging_errors(LOST), logging_errors(moved)).equal


def test_how_values_are_put_into_an_error_s_text_is_not_compared() -> None:
    by_format = LoggedError("shop.orders", 40, "builtins.KeyError", "h2", "m1")
    assert compare(logging_errors(LOST), logging_errors(LOST), logging_errors(by_format)).equal


def test_where_values_of_errors_are_noise_their_texts_are_compared() -> None:
    before, again, after = (
        logging_errors(LoggedError("shop.orders", 40, "", "h1", message)) for message in ("m1", "m2", "m3")
    )
    assert compare(before, again, after).equal
    other = logging_errors(LoggedError("shop.orders", 40, "", "h2", "m4"))
    (found,) = compare(before, again, other).differences
    assert found.kind == "log"
    assert compare(before, other, again).equal


def asking(*calls: tuple[str, str, str]) -> Run:
    return run(exchange(1, {}, calls=tuple(OutboundCall(method=m, url=u, sent=s) for m, u, s in calls)))


RATES = ("GET", "http://rates/eur", "q1")


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ((RATES, RATES), (RATES,), False),
        ((RATES,), (), False),
        ((RATES,), (("GET", "http://rates/usd", "q1"),), True),
        ((RATES,), (("GET", "http://rates/eur", "q2"),), True),
        ((), (RATES,), True),
        ((("POST", "http://mail", "b1"),), (("POST", "http://mail", "b2"),), True),
        ((("POST", "http://mail", "b1"),), (), True),
    ],
)
def test_what_others_are_asked_and_sent(
    before: tuple[tuple[str, str, str], ...], after: tuple[tuple[str, str, str], ...], differs: bool
) -> None:
    one, other = asking(*before), asking(*after)
    assert bool(compare(one, one, other).differences) is differs
    assert not compare(one, other, other).differences


def test_what_is_written_into_files_is_compared() -> None:
    def writing(*written: tuple[str, str]) -> Run:
        return run(exchange(1, {}, written=written))

    before = writing(("log.txt", "h1"))
    assert compare(before, before, writing(("log.txt", "h1"))).equal
    assert kinds(compare(before, before, writing(("log.txt", "h2")))) == ["rows"]
    assert kinds(compare(before, before, writing())) == ["rows"]
    assert compare(before, writing(("log.txt", "h2")), writing(("log.txt", "h3"))).equal


def committing(*at_ns: int, written: bool = True) -> Run:
    """A run of one request that was answered after 100 ns."""
    ends = tuple(Statement(sql="COMMIT", operation="COMMIT", start_ns=at) for at in at_ns)
    changes = (("UPDATE", "orders", "h", 1),) if written else ()
    late = sum(at > 100 for at in at_ns)
    return run(exchange(1, {}, statements=ends, late_commits=late, changes=changes))


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ((50,), (150,), True),
        ((50, 150), (150, 160), True),
        ((50, 60), (90,), False),
        ((50,), (50, 150), False),
        ((150,), (160,), False),
        ((150,), (50,), False),
        ((50, 150), (150,), False),
    ],
)
def test_a_commit_that_comes_after_the_answer_only_now(
    before: tuple[int, ...], after: tuple[int, ...], differs: bool
) -> None:
    one, other = committing(*before), committing(*after)
    found = compare(one, one, other).differences
    assert [(each.before, each.after) for each in found] == [
        ("before the answer was sent", "after it")
    ] * differs
    assert compare(one, other, other).equal
    was, now = (committing(*at, written=False) for at in (before, after))
    assert compare(was, was, now).equal


def moments(*texts: str, **given: Any) -> Run:
    """A run of one request that answered with these."""
    return run(exchange(1, {str(number): text for number, text in enumerate(texts)}, **given))


@pytest.mark.parametrize(
    ("before", "after", "equal"),
    [
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:14.000001", True),
        ("2026-11-22T20:31:14.500002Z", "2026-11-22T20:31:14.500001Z", True),
        ("2026-11-22 20:31:14.000002+00:00", "2026-11-22 20:31:14.000009+00:00", True),
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:14", False),
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:14.000000", False),
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:15.000002", False),
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:14.500002", False),
        ("2026-11-22T20:31:14.000002Z", "2026-11-22T20:31:14.000002+00:00", False),
        ("2026-11-22T20:31:14.000002", "2026-11-22T20:31:14.00000", False),
        ("2026-11-22T20:31:14.250002", "2026-11-22T20:31:14.250001", False),
        ("14.000002", "14.000001", False),
    ],
)
def test_which_reading_of_the_clock_came_first_is_no_difference(before: str, after: str, equal: bool) -> None:
    one, other = moments(before, "a"), moments(after, "a")
    assert compare(one, one, other).equal == equal
    (told, *more) = compare(one, one, moments(after, "b")).differences
    assert bool(more) != equal, "only what differs otherwise is told"
    assert told.kind == "body"
    asked = [moments("a", query=f"since={text.replace(':', '%3A')}") for text in (before, after)]
    assert compare(asked[0], asked[0], asked[1]).equal == equal
    sent = [moments("a", response_headers=(("x-seen", text),)) for text in (before, after)]
    assert compare(sent[0], sent[0], sent[1]).equal == equal


def _sent(*written: tuple[str, str, str], apart: bool = False) -> Run:
    """A run of one request that sent commands to Redis, in one pipeline or one by one."""
    given = [Command(system="redis", operation=each[0], written=(each,)) for each in written]
    together = [Command(system="redis", operation="PIPELINE", written=written)]
    reads = Command(system="redis", operation="GET", target="key:?")
    return run(exchange(1, {}, commands=(*(given if apart else together), *([reads] if apart else []))))


def test_what_is_written_to_redis_is_compared_and_what_is_read_is_not() -> None:
    before = _sent(("SET", "key:?", "one"), ("EXPIRE", "key:?", "two"), apart=True)
    assert compare(before, before, _sent(("EXPIRE", "key:?", "two"), ("SET", "key:?", "one"))).equal
    (other,) = compare(before, before, _sent(("SET", "key:?", "x"), ("EXPIRE", "key:?", "two"))).differences
    assert (other.kind, other.after) == ("rows", "1 times, other values")
    assert other.where.endswith("SET redis key:?")
    (missing,) = compare(before, before, _sent(("SET", "key:?", "one"))).differences
    assert (missing.before, missing.after) == ("1 times", "0 times")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_port_that_the_system_gave_a_server_of_the_tests_is_not_compared(host: str) -> None:
    def at(port: int, path: str = "/x") -> Run:
        return asking(("POST", f"http://{host}:{port}{path}", "a"), ("GET", f"http://{host}:{port}/y", ""))

    assert compare(at(40_001), at(40_002), at(59_999)).equal
    assert kinds(compare(at(40_001), at(40_002), at(40_003, "/z"))) == ["rows", "rows"]
    assert kinds(compare(at(8_000), at(8_000), at(8_001))) == ["rows", "rows", "call"]


def test_a_port_of_another_machine_is_compared() -> None:
    one, other = (asking(("POST", f"http://10.0.0.1:{port}/x", "")) for port in (40_001, 40_002))
    assert kinds(compare(one, one, other)) == ["rows", "rows"]


def embedding(*requests: tuple[str, ...]) -> Run:
    """A run that embeds texts in some requests."""
    calls = tuple(
        OutboundCall(
            method="POST",
            url="http://ai/embeddings",
            sent=repr(texts),
            llm=LanguageModel(model="m", prompt=repr(texts), embedded=texts),
        )
        for texts in requests
    )
    return run(exchange(1, {}, calls=calls))


def test_texts_may_be_embedded_together_but_none_more_or_less() -> None:
    alone = embedding(("a",), ("b",))
    assert compare(alone, alone, embedding(("a", "b"))).equal
    assert kinds(compare(alone, alone, embedding(("a", "c")))) == ["rows"]
    assert kinds(compare(alone, alone, embedding(("a", "b"), ("b",)))) == ["rows"]


def locking(*clauses: str) -> Run:
    sql = [
        f"SELECT a FROM {table} WHERE id = 1 {clause}"
        for table, _, clause in (c.partition(" ") for c in clauses)
    ]
    return run(exchange(1, {}, statements=tuple(Statement(sql=each, operation="SELECT") for each in sql)))


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (("stock FOR UPDATE",), ("stock FOR UPDATE",), []),
        (("stock FOR UPDATE",), ("stock FOR SHARE",), ["FOR UPDATE of stock"]),
        (("stock for  update nowait",), ("stock ",), ["FOR UPDATE of stock"]),
        (("stock FOR NO KEY UPDATE",), ("orders FOR NO KEY UPDATE",), ["FOR NO KEY UPDATE of stock"]),
        (("stock ",), ("stock FOR UPDATE",), []),
        (("stock FOR UPDATE", "stock FOR UPDATE"), ("stock FOR UPDATE",), []),
    ],
)
def test_a_lock_that_is_taken_no_more_is_a_difference(
    before: tuple[str, ...], after: tuple[str, ...], lost: list[str]
) -> None:
    one, other = locking(*before), locking(*after)
    assert [each.where.partition(": ")[2] for each in compare(one, one, other).differences] == lost
    assert not compare(one, other, other).differences


def storing(*written: tuple[str, str, str]) -> Run:
    command = Command(system="redis", operation="PIPELINE", written=written)
    return run(exchange(1, {}, commands=(command,)))


def test_writes_that_are_one_transaction_of_redis_no_more_are_a_difference() -> None:
    writes = (("HSET", "user:?", "1"), ("SADD", "users", "2"))
    apart, whole = storing(*writes), storing(*writes, ("EXEC", "", ""))
    lost = [each.where.partition(": ")[2] for each in compare(whole, whole, apart).differences]
    assert lost == ["MULTI around HSET user:?", "MULTI around SADD users"]
    assert not compare(apart, apart, whole).differences
    assert not compare(whole, whole, whole).differences
