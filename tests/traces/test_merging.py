"""Several runs as one."""

from __future__ import annotations

import msgspec

from pitstop.traces.merging import Part, merged, summaries
from pitstop.traces.records import Exchange, Frame, Place, Pool, Run, Sample, Statement


def run(name: str, *keys: str, status: int = 200) -> Run:
    frame = Frame(path=f"{name}.py", line=1, function=name)
    return Run(
        exchanges=tuple(
            Exchange(key=key, method="GET", path=f"/{name}", route=f"/{name}", status=status,
                     statements=(Statement(sql=name, operation="SELECT", stack=1),))
            for key in keys
        ),
        owners=dict.fromkeys(range(len(keys)), 7),
        stacks={(7, 1): (frame,)},
        places={(7, 1): Place(id=1, name=name)},
        samples=(Sample(sql=name, database="sqlite", paramstyle="qmark", values=msgspec.Raw(b"[]"), file=f"/copies/{name}/data/x.db"),),
        interrupted=name,
    )  # fmt: skip


A = Part(name="tests", kind="tests", run=run("a", "t.py::one#1", "replay#1"), place="/copies/a")
B = Part(name="b.har", kind="recorded", run=run("b", "replay#1", "replay#2", status=500), place="/copies/b")
C = Part(name="c.har", kind="recorded", run=run("c", "replay#1", status=404), place="/copies/c")


def test_no_two_requests_share_a_key() -> None:
    keys = [each.key for each in merged([A, B, C]).exchanges]
    assert keys == ["t.py::one#1", "tests#1", "b.har#1", "b.har#2", "c.har#1"]


def test_a_stack_is_that_of_its_own_process_though_ids_are_the_same() -> None:
    whole = merged([A, B, C])
    assert [whole.frames(position, 1)[0].function for position in range(5)] == ["a", "a", "b", "b", "c"]
    assert [whole.places[whole.owners[position], 1].name for position in range(5)] == [
        "a",
        "a",
        "b",
        "b",
        "c",
    ]


def test_files_of_earlier_copies_are_those_of_the_last() -> None:
    assert [each.file for each in merged([A, B, C]).samples] == ["/copies/c/data/x.db"] * 3
    elsewhere = msgspec.structs.replace(A, place="/copies/other")
    assert [each.file for each in merged([elsewhere, C]).samples] == [
        "/copies/a/data/x.db",
        "/copies/c/data/x.db",
    ]


def test_samples_of_another_kind_of_database_are_left_out() -> None:
    sample = msgspec.structs.replace(C.run.samples[0], database="postgresql", file="")
    on_server = msgspec.structs.replace(C, run=msgspec.structs.replace(C.run, samples=(sample,)))
    assert [each.database for each in merged([A, on_server]).samples] == ["postgresql"]
    silent = msgspec.structs.replace(C, run=msgspec.structs.replace(C.run, samples=()))
    assert [each.database for each in merged([A, silent]).samples] == ["sqlite"]


def test_one_alone_stays_as_it_is() -> None:
    assert merged([B]) is B.run
    assert summaries([B])[0].alone == ()


def test_what_each_gave() -> None:
    again = msgspec.structs.replace(C, name="again")
    told = summaries([A, B, C, again])
    assert [
        (each.name, each.requests, each.errors, each.refused, each.routes, each.alone) for each in told
    ] == [
        ("tests", 2, 0, 0, 1, ("GET /a",)),
        ("b.har", 2, 2, 0, 1, ("GET /b",)),
        ("c.har", 1, 0, 1, 1, ()),
        ("again", 1, 0, 1, 1, ()),
    ]


def test_nothing_of_a_run_is_forgotten() -> None:
    told = {field.name for field in msgspec.structs.fields(Run)} - {
        "exchanges", "owners", "stacks", "places", "pools", "server_limit", "samples", "interrupted",
    }  # fmt: skip
    full = msgspec.structs.replace(A.run, **dict.fromkeys(told, ("something",)))
    part = msgspec.structs.replace(A, run=full)
    whole = merged([part, part])
    assert {name for name in told if getattr(whole, name) != ("something",) * 2} == set()


def test_pools_are_those_of_their_own_process_and_the_limit_is_the_last_that_is_known() -> None:
    pools = [Pool(id=1, kind="QueuePool", system="postgresql", size=size) for size in (1, 2)]
    first = msgspec.structs.replace(A.run, pools={(7, 1): pools[0]}, server_limit=90)
    second = msgspec.structs.replace(B.run, pools={(7, 1): pools[1]})
    whole = merged([msgspec.structs.replace(A, run=first), msgspec.structs.replace(B, run=second)])
    assert [whole.pools[whole.owners[position], 1].size for position in (0, 2)] == [1, 2]
    assert whole.server_limit == 90
