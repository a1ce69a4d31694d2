"""What a client and the database saw, before and after a patch.

Exchanges are aligned by key: the n-th request of a test is the same question before and after. Bytes must be equal. Only
where the unchanged app, run twice, did not agree with itself are the places that differed masked, in that exchange alone
(see document.py); the rest of the exchange is then compared by its values, key order included.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from pitstop.data import Meant
from pitstop.proof import answers, document, exchanges
from pitstop.proof.exchanges import Noise, differences, request
from pitstop.proof.meant import Intent
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, Run
from pitstop.verdicts import Difference

BLURRED_SHARE = 0.2
"""A route with more than this share of exchanges that hardly could be compared is not called equal."""
_HIDDEN_LEAVES = 0.5
_PER_EXCHANGE = 5
_IN_ALL = 200

_NOTHING = Meant()

Key = tuple[str, int]


class RouteComparison(msgspec.Struct, frozen=True, kw_only=True):
    """How the exchanges of one route compared.

    `masked` counts those with some noise left out, `blurred` those of which noise hid the status, the whole body, the
    number of rows, or more than half of the values. `blur` says of one of these where it differed.
    """

    route: str
    compared: int
    equal: int
    masked: int = 0
    blurred: int = 0
    blur: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether so much was noise that equality means nothing."""
        return self.blurred > BLURRED_SHARE * self.compared


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """All that could be seen from outside, after against before.

    `noise` says in words what the unchanged app does differently by itself. `gaps` says what could not be compared at all.
    `suspect` says that a difference stands where other exchanges of its route are noisy: one more run of the unchanged
    app may show that it is noise too. `reordered` says that of some answer no more than the order of lists differs: a run with rows
    in another order may show that nothing promises it. `unordered` says where nothing did. `meant` says in words what was otherwise on purpose,
    `apart` are the keys of the requests that were answered otherwise altogether for that, and not compared.
    """

    routes: tuple[RouteComparison, ...] = ()
    differences: tuple[Difference, ...] = ()
    noise: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    suspect: bool = False
    reordered: bool = False
    unordered: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()

    @property
    def equal(self) -> bool:
        """Whether everything was compared and nothing differed."""
        return not (self.differences or self.gaps or any(route.doubtful for route in self.routes))

    def differs_beyond(self, routes: Collection[str]) -> bool:
        """Whether a route besides these differs: where a patch aims at others, that may well be the app's own mood."""
        return any(each.equal < each.compared and each.route not in routes for each in self.routes)


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What several runs of one version of the app did differently by themselves, exchange by exchange."""

    noise: dict[Key, Noise] = {}
    unsteady: frozenset[Key] = frozenset()
    """Exchanges that not every run has."""
    orders: dict[Key, Noise] = {}
    """Of exchanges whose answers have lists that follow the order in which rows happen to come: those lists."""
    gaps: tuple[str, ...] = ()


def learn(before: Run, repeats: Sequence[Run]) -> Learnt:
    """Learn the noise of the unchanged app from runs of it; at least one besides `before`."""
    if not repeats:
        raise ValueError("noise can be learnt from a second run of the unchanged app only")
    old = _by_key(before)
    noise = dict.fromkeys(old, Noise())
    unsteady: set[Key] = set()
    for run in repeats:
        new = _aligned(old, run)
        unsteady |= old.keys() ^ new.keys()
        for key in old.keys() & new.keys():
            noise[key] |= exchanges.learn(old[key], new[key])
    gaps = [gap for run in repeats for gap in _gaps("again", run)]
    return Learnt(noise=noise, unsteady=frozenset(unsteady), gaps=tuple(gaps))


def learn_more(known: Learnt, before: Run, once_more: Run) -> Learnt:
    """What is learnt, and what one more run of the version that `before` is of does differently from that."""
    found = learn(before, (once_more,))
    return Learnt(
        noise=known.noise | {key: known.noise.get(key, Noise()) | each for key, each in found.noise.items()},
        unsteady=known.unsteady | found.unsteady,
        orders=known.orders,
        gaps=(*known.gaps, *found.gaps),
    )


def learn_orders(before: Run, backwards: Run) -> dict[Key, Noise]:
    """Learn which lists follow an order that no statement names, from a run of the same version with such rows in the opposite one."""
    old = _by_key(before)
    new = _aligned(old, backwards)
    found = {key: exchanges.reordered(old[key], new[key]) for key in old.keys() & new.keys()}
    return {key: Noise(body=lists, spelling=True) for key, lists in found.items() if lists}


def compare(before: Run, again: Run | Learnt, after: Run, meant: Meant = _NOTHING) -> Behaviour:
    """Compare the run of the changed app with that of the unchanged one.

    `again` is a second run of the unchanged app, or what was learnt from several. What is `meant` is no difference.
    """
    learnt = again if isinstance(again, Learnt) else learn(before, (again,))
    old = _by_key(before)
    noise = {key: learnt.noise.get(key, Noise()) for key in old}
    unsteady = learnt.unsteady
    new = _aligned(old, after, noise)
    noisy_places = {
        (old[key].endpoint, place) for key, each in noise.items() for place in each.places() if key in old
    }
    found: list[Difference] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    intent = Intent(meant)
    suspect = is_reordered = False
    unordered: dict[str, None] = {}
    apart: set[str] = set()
    blur: dict[str, str] = {}
    for key, exchange in old.items():
        if key in unsteady:
            continue
        count = counts[exchange.endpoint]
        if key not in new:
            count["compared"] += 1
            missing = Difference(kind="missing", where=_where(exchange), before="a request", after="none")
            found.append(_in_test(missing, exchange))
            continue
        own = noise[key]
        pair = intent.without(exchange, new[key])
        if pair is None:
            apart.add(key[0])
            continue
        count["compared"] += 1
        told = list(differences(*pair, own, _where(exchange)))
        if told and key in learnt.orders:
            loose = own | learnt.orders[key]
            retold = list(differences(*pair, loose, _where(exchange)))
            if len(retold) < len(told):
                told, own = retold, loose
                unordered |= dict.fromkeys(
                    f"{exchange.endpoint}: body {document.pattern(path)}" for path in learnt.orders[key].body
                )
        is_reordered = is_reordered or (
            any(each.kind == "body" for _, each in told) and bool(exchanges.reordered(*pair))
        )
        count["equal"] += not told
        count["masked"] += own != Noise()
        if _is_blurred(exchange, own):
            count["blurred"] += 1
            blur.setdefault(exchange.endpoint, _blur(exchange, own))
        suspect = suspect or any((exchange.endpoint, place) in noisy_places for place, _ in told)
        found += [_in_test(each, exchange) for _, each in told[:_PER_EXCHANGE]]
        if len(told) > _PER_EXCHANGE:
            where = f"{_where(exchange)}: {len(told) - _PER_EXCHANGE} more differences"
            found.append(_in_test(Difference(kind="body", where=where, before="", after=""), exchange))
    for key in sorted(new.keys() - old.keys() - unsteady):
        more = Difference(kind="missing", where=_where(new[key]), before="none", after="a request")
        found.append(_in_test(more, new[key]))
    return Behaviour(
        routes=tuple(
            RouteComparison(
                route=route,
                compared=count["compared"],
                equal=count["equal"],
                masked=count["masked"],
                blurred=count["blurred"],
                blur=blur.get(route, ""),
            )
            for route, count in sorted(counts.items())
        ),
        differences=_capped(found),
        noise=_told(noisy_places, unsteady),
        gaps=(*_gaps("before", before), *learnt.gaps, *_gaps("after", after)),
        suspect=suspect,
        reordered=is_reordered,
        unordered=tuple(unordered),
        meant=intent.told(),
        apart=frozenset(apart),
    )


def _by_key(run: Run) -> dict[Key, Exchange]:
    """Requests and connections by key; a key seen again, as by a test that ran twice, counts on."""
    seen: Counter[str] = Counter()
    found: dict[Key, Exchange] = {}
    for exchange in run.exchanges:
        found[exchange.key, seen[exchange.key]] = exchange
        seen[exchange.key] += 1
    return found


def _aligned(
    old: Mapping[Key, Exchange], run: Run, noise: Mapping[Key, Noise] | None = None
) -> dict[Key, Exchange]:
    """The exchanges of another run under the keys of those they answer to.

    Requests that a test sends at once may be numbered either way: within a test, those that ask the same thing as one
    numbered otherwise change places.
    """
    new = _by_key(run)
    steady = noise or {}
    astray = [
        key
        for key in old
        if key in new and request(old[key]) != request(new[key]) and not steady.get(key, Noise()).request
    ]
    by_question: dict[tuple[str, tuple[str, str, str, Body]], list[Key]] = defaultdict(list)
    for key in astray:
        by_question[new[key].test, request(new[key])].append(key)
    moved: dict[Key, Exchange] = {}
    left = list(astray)
    for key in astray:
        candidates = by_question.get((old[key].test, request(old[key])))
        if candidates:
            moved[key] = new[candidates.pop(0)]
    if len(moved) == len(left):
        return new | moved
    # some questions are new: only a full exchange of places is free of guessing
    return new


def _is_blurred(exchange: Exchange, noise: Noise) -> bool:
    if noise.status or noise.opaque or noise.counts:
        return True
    if not noise.body:
        return False
    try:
        total, hidden = document.leaves(answers.read(exchange).value, noise.body)
    except answers.OpaqueError:
        return True
    return hidden > _HIDDEN_LEAVES * total


def _blur(exchange: Exchange, noise: Noise) -> str:
    place = next(iter(noise.places()), "rows written")
    return f"{place} in {exchange.test}" if exchange.test else place


def _in_test(difference: Difference, exchange: Exchange) -> Difference:
    return msgspec.structs.replace(difference, test=exchange.test)


def _where(exchange: Exchange) -> str:
    test, _, number = exchange.key.rpartition("#")
    return (
        f"{exchange.endpoint}, request {number} of {test}" if test else f"{exchange.endpoint}, {exchange.key}"
    )


def _capped(found: Sequence[Difference]) -> tuple[Difference, ...]:
    if len(found) <= _IN_ALL:
        return tuple(found)
    rest = Difference(kind="body", where=f"{len(found) - _IN_ALL} more differences", before="", after="")
    return (*found[:_IN_ALL], rest)


def _told(places: set[tuple[str, str]], unsteady: frozenset[Key]) -> tuple[str, ...]:
    told = [f"{route}: {place} differs from run to run by itself" for route, place in sorted(places)]
    if unsteady:
        told.append(f"{len(unsteady)} requests are not sent in every run of the unchanged app")
    return tuple(told)


def _gaps(name: str, run: Run) -> list[str]:
    """Why the comparison with a run is not whole, if it is not."""
    gaps = [
        f"{name}: {each.requests} requests and {each.others} other records were not kept ({each.why})"
        for each in run.dropped
        if each.requests or each.others
    ]
    gaps += [f"{name}: {each.subject}: {each.reason}" for each in run.skipped]
    bare = sum(1 for each in run.exchanges if each.response_bytes and not each.response_body)
    if bare:
        gaps.append(f"{name}: {bare} answers were recorded without their bodies")
    return gaps
