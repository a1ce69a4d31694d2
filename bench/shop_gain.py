"""How much of what an expert gets out of the example shop pitstop gets out of it, route by route.

    python bench/shop_gain.py [--rounds 10] [--seconds 0.5] [--at-once 8] [--routes TEXT ...] [--work FOLDER]

Three copies of `examples/shop`: unchanged, mended by hand (`shop_by_hand.patch`, which pitstop never reads), and mended by `pitstop tune
--apply` with the one decision that the expert took too (a write-ahead log). Each runs under uvicorn, with one worker, on a database of its own with the shop's made-up rows, brought to the newest
migration of its version. The stand-in for the carriers' network is a process of its own, the same for all.

A round starts all three anew and sends each route's requests to one after the other, in an order that is drawn, with `--at-once` in flight.
So a round is one launch of each, and the unit of the intervals (bootstrap, 99 %). A route counts where the gain by hand is real: its
interval lies above 1. Its share is (pitstop - unchanged) / (by hand - unchanged), in requests per second. In the first
round each GET has to be answered alike by all three.

`--work` keeps the copies, the databases and what was measured: a run that was cut short, or is to have more rounds, goes on there.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import msgspec

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.shop_requests import LEFT_OUT, PHOTO, STORED, Case, Request, cases  # noqa: E402 - the tree's own

SHOP = HERE.parent / "examples" / "shop"
PATCH = HERE / "shop_by_hand.patch"
BASE, HAND, PITSTOP = "unchanged", "by hand", "pitstop"
VERSIONS = (BASE, HAND, PITSTOP)
DECIDED = ("sqlite-rollback-journal=write-ahead-log",)
"""What pitstop leaves to a person, and the expert has decided as well."""
SHARE = 0.9
RESAMPLES = 4000
MOST_FAILED = 3
"""Rounds that may fail in a run: on a very busy machine a partner's answer comes too late."""
KEPT = ("--timeout-keep-alive", "600")
"""Connections stay while the other versions have their turn."""
UPSTREAM = """
from shop.upstream import ThreadingHTTPServer, Upstream
ThreadingHTTPServer.request_queue_size = 128
upstream = Upstream()
print(upstream.url, flush=True)
upstream.server.serve_forever()
"""
"""The stand-in, with room for connections that come at once: what a route gains shall not hang on those that are refused."""


class FailedError(Exception):
    """A request was not answered as it should be."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Requests per second by route and version; `digest` names the three trees and how they were asked."""

    digest: str
    rates: dict[str, dict[str, float]]


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one route: the unchanged rate, both ratios with the interval, and the share with its own."""

    route: str
    rate: float
    hand: tuple[float, float, float]
    pitstop: tuple[float, float, float]
    share: tuple[float, float, float]

    @property
    def is_real(self) -> bool:
        return self.hand[1] > 1


def copies(work: Path) -> dict[str, Path]:
    """The three trees; what is there already stays as it is. Raises SystemExit where the patch or pitstop fails."""
    trees = {version: work / version.replace(" ", "-") for version in VERSIONS}
    for version, tree in trees.items():
        if tree.exists():
            continue
        making = tree.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(SHOP, making, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db", "uploads"))
        if version == HAND:
            # a folder within a repository is none of that repository's
            environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(making.parent)}
            subprocess.run(["git", "apply", str(PATCH)], cwd=making, env=environment, check=True)
        elif version == PITSTOP:
            tune(making, work / "report.json")
        making.rename(tree)
    return trees


def tune(tree: Path, report: Path) -> None:
    """Have pitstop mend a tree, as README's first command does, and keep it there; what an earlier run dropped is tried again.

    Raises SystemExit where it cannot.
    """
    print("pitstop tune --apply ...", file=sys.stderr, flush=True)
    said = ["--apply", "--again", "--quiet", "--format", "json", "--output", str(report)]
    said += [f"--decide={decision}" for decision in DECIDED]
    done = subprocess.run([sys.executable, "-m", "pitstop", "tune", str(tree), *said], check=False)
    if done.returncode not in {0, 1}:  # 1: findings remain
        raise SystemExit(f"pitstop ended with {done.returncode}")


def environment(database: Path, uploads: Path, upstream: str = "") -> dict[str, str]:
    """The shop's settings for one version."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SHOP_", "PYTHON"))
    }
    return {
        **inherited,
        "SHOP_DATABASE_URL": f"sqlite:///{database}",
        "SHOP_UPLOAD_DIR": str(uploads),
        "SHOP_SECRET": "a-secret-for-the-bench-of-sufficient-length",
        **({"SHOP_RATES_URL": upstream} if upstream else {}),
    }


def databases(trees: dict[str, Path], work: Path, rows: int) -> dict[str, Path]:
    """For each version the same rows, under its own migrations, and analysed."""
    found = {version: work / f"{tree.name}-{rows}.db" for version, tree in trees.items()}
    for version, path in found.items():
        if path.exists():
            continue
        making = path.with_suffix(".making")
        own = environment(making, work / "uploads")
        if version == BASE:
            making.unlink(missing_ok=True)
            seed = [sys.executable, "-m", "shop.seed", "--rows", str(rows)]
            subprocess.run(seed, cwd=trees[version], env=own, check=True, stdout=subprocess.DEVNULL)
        else:
            shutil.copyfile(found[BASE], making)
        for step in (
            "import sys; from alembic.config import main; sys.exit(main(['upgrade', 'head']))",
            f"import sqlite3; sqlite3.connect({str(making)!r}).execute('ANALYZE')",
        ):
            subprocess.run(
                [sys.executable, "-c", step], cwd=trees[version], env=own, check=True, capture_output=True
            )
        making.rename(path)
    return found


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def started(stack: ExitStack, command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """A process that ends with the stack."""
    process = stack.enter_context(subprocess.Popen(command, text=True, **options))
    stack.callback(process.terminate)
    return process


async def answered(session: aiohttp.ClientSession, url: str, request: Request) -> bytes:
    """The answer's body. Raises FailedError where it is an error: then nothing is measured that should be."""
    async with session.request(
        request.method, url + request.path, headers=request.headers, data=request.body
    ) as answer:
        body = await answer.read()
        if answer.status >= 400:
            raise FailedError(f"{request.method} {url}{request.path}: {answer.status} {body[:300]!r}")
        return body


async def burst(
    session: aiohttp.ClientSession, url: str, requests: Iterator[Request], count: int, at_once: int
) -> float:
    """Requests per second while `count` are sent, `at_once` in flight."""
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await answered(session, url, next(requests))

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return count / (time.perf_counter() - began)


async def up(session: aiohttp.ClientSession, url: str) -> None:
    """Wait until a service answers. Raises SystemExit after 60 seconds."""
    for _ in range(600):
        try:
            async with session.get(f"{url}/health") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


async def measured(
    urls: dict[str, str], found: Sequence[Case], arguments: argparse.Namespace, *, compare: bool
) -> dict[str, dict[str, float]]:
    """One round: the rate of each version on each route."""
    rates: dict[str, dict[str, float]] = {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        for url in urls.values():
            await up(session, url)
        for case in found:
            if compare and case.method == "GET":
                answers = {
                    name: await answered(session, url, next(case.requests())) for name, url in urls.items()
                }
                if len({json.dumps(as_read(body)) for body in answers.values()}) > 1:
                    raise SystemExit(f"{case.route} is answered differently: {answers}")
            own: dict[str, float] = {}
            for version in random.sample(VERSIONS, len(VERSIONS)):
                requests, at_once = case.requests(), arguments.at_once
                rate = await burst(session, urls[version], requests, at_once, at_once)
                if rate * arguments.seconds > 2 * at_once:  # now it is warm
                    rate = await burst(session, urls[version], requests, 2 * at_once, at_once)
                count = min(max(2 * at_once, int(rate * arguments.seconds)), case.most)
                own[version] = await burst(session, urls[version], requests, count, at_once)
            rates[case.route] = own
            print(f"  {case.route}: {own[BASE]:.0f}, {own[HAND]:.0f}, {own[PITSTOP]:.0f}/s", file=sys.stderr)
    return rates


def as_read(body: bytes) -> Any:
    """An answer as a client reads it: JSON by its values."""
    try:
        return json.loads(body)
    except ValueError:
        return body.hex()


def one_round(
    trees: dict[str, Path], rows: dict[str, Path], arguments: argparse.Namespace, *, compare: bool
) -> dict[str, dict[str, float]]:
    """Start all versions on fresh copies of their databases, and measure."""
    with tempfile.TemporaryDirectory(dir=arguments.work) as name, ExitStack() as stack:
        folder = Path(name)
        upstream = started(
            stack,
            [sys.executable, "-c", UPSTREAM],
            cwd=trees[BASE],
            stdout=subprocess.PIPE,
            env=environment(folder / "none.db", folder),
        )
        assert upstream.stdout is not None
        address = upstream.stdout.readline().strip()
        urls: dict[str, str] = {}
        for version, tree in trees.items():
            own = folder / tree.name
            (own / "uploads").mkdir(parents=True)
            (own / "uploads" / STORED).write_bytes(PHOTO)
            shutil.copyfile(rows[version], own / "shop.db")
            port = free_port()
            serve = ["-m", "uvicorn", "shop.main:app", "--port", str(port), "--log-level", "warning", *KEPT]
            settings = environment(own / "shop.db", own / "uploads", address)
            started(stack, [sys.executable, *serve, "--no-access-log"], cwd=tree, env=settings)
            urls[version] = f"http://127.0.0.1:{port}"
        found = [
            each
            for each in cases(rows[BASE], settings["SHOP_SECRET"])
            if not arguments.routes or any(text in each.route for text in arguments.routes)
        ]
        return asyncio.run(measured(urls, found, arguments, compare=compare))


def interval(figure: Callable[[Sequence[int]], float], rounds: int) -> tuple[float, float, float]:
    """A figure of all rounds, by their numbers, and its bootstrap interval (99 %)."""
    dice = random.Random(7)
    drawn = sorted(figure(dice.choices(range(rounds), k=rounds)) for _ in range(RESAMPLES))
    low, high = drawn[int(0.005 * RESAMPLES)], drawn[int(0.995 * RESAMPLES) - 1]
    return figure(range(rounds)), low, high


def gain(route: str, rates: Sequence[dict[str, float]]) -> Gain:
    """What the rounds say of one route."""

    def middle(version: str, chosen: Sequence[int]) -> float:
        return median(rates[number][version] for number in chosen)

    def ratio(version: str) -> Callable[[Sequence[int]], float]:
        return lambda chosen: median(rates[number][version] / rates[number][BASE] for number in chosen)

    def share(chosen: Sequence[int]) -> float:
        base, hand, own = (middle(version, chosen) for version in VERSIONS)
        return (own - base) / (hand - base) if hand != base else 0.0

    return Gain(
        route=route,
        rate=middle(BASE, range(len(rates))),
        hand=interval(ratio(HAND), len(rates)),
        pitstop=interval(ratio(PITSTOP), len(rates)),
        share=interval(share, len(rates)),
    )


def table(gains: Sequence[Gain]) -> Iterator[str]:
    """The routes by their gain by hand, those without one after them, and the sum."""

    def shown(figure: tuple[float, float, float]) -> str:
        return f"{figure[0]:7.2f}x [{figure[1]:.2f}, {figure[2]:.2f}]"

    yield f"{'route':44}{'unchanged':>12}  {'by hand':24}{'pitstop':24}share"
    for each in sorted(gains, key=lambda each: (not each.is_real, -each.hand[0])):
        middle, low, high = each.share
        share = f"{middle:5.0%} [{low:.0%}, {high:.0%}]" if each.is_real else "    - no gain by hand"
        mark = " <" if each.is_real and middle < SHARE else ""
        yield f"{each.route:44}{each.rate:9.1f}/s  {shown(each.hand):24}{shown(each.pitstop):24}{share}{mark}"
    real = [each for each in gains if each.is_real]
    reached = sum(each.share[0] >= SHARE for each in real)
    yield f"{reached} of {len(real)} routes with a gain by hand reach {SHARE:.0%} of it with pitstop"
    yield f"not measured, for each request uses up what it needs: {', '.join(LEFT_OUT)}"


def digest(trees: dict[str, Path], arguments: argparse.Namespace) -> str:
    """What the rounds of one results file may be put together by."""
    found = hashlib.blake2b(
        f"{arguments.at_once} {arguments.seconds} {arguments.rows}".encode(), digest_size=8
    )
    for version in VERSIONS:
        for path in sorted(trees[version].rglob("*.py")):
            found.update(path.relative_to(trees[version]).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def main() -> int:
    """Measure and print the table; 1 where pitstop falls short on a route."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="in all, with those measured before")
    parser.add_argument("--seconds", type=float, default=0.5, help="of one version on one route in one round")
    parser.add_argument("--at-once", type=int, default=8, help="requests in flight")
    parser.add_argument("--rows", type=int, default=150_000, help="in the database, about")
    parser.add_argument("--routes", nargs="*", default=[], help="only those with one of these in their name")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "pitstop-bench-shop")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    trees = copies(arguments.work)
    rows = databases(trees, arguments.work, arguments.rows)
    key = digest(trees, arguments)
    results = arguments.work / "rounds.jsonl"
    lines = results.read_bytes().splitlines() if results.exists() else []
    rounds = [
        each for each in (msgspec.json.decode(line, type=Round) for line in lines) if each.digest == key
    ]
    failed = 0
    with results.open("ab") as file:
        while len(rounds) < arguments.rounds:
            print(f"round {len(rounds) + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            try:
                rates = one_round(trees, rows, arguments, compare=not rounds)
            except FailedError as error:
                print(f"this round counts for nothing: {error}", file=sys.stderr)
                failed += 1
                if failed > MOST_FAILED:
                    raise SystemExit("too many rounds failed") from error
                continue
            rounds.append(Round(digest=key, rates=rates))
            file.write(msgspec.json.encode(rounds[-1]) + b"\n")
            file.flush()
    by_route: dict[str, list[dict[str, float]]] = defaultdict(list)
    for each in rounds:
        for route, rates_of in each.rates.items():
            by_route[route].append(rates_of)
    gains = [gain(route, rates) for route, rates in by_route.items()]
    print(*table(gains), sep="\n")
    return int(any(each.is_real and each.share[0] < SHARE for each in gains))


if __name__ == "__main__":
    raise SystemExit(main())
