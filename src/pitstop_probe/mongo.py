"""Commands to MongoDB as pymongo tells of them: of its own clients, and of motor, which runs it in threads.

pymongo's listeners are heard where a command is sent and where its answer is read: on the caller's thread, or in its task.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType, ModuleType
from typing import Any

from .commands import Command, Written, take
from .pools import CONNECT, WAIT, Pools
from .real import Real
from .request import Request
from .state import Probe
from .stores import key_shape

_HANDSHAKE = frozenset({"hello", "ismaster", "isMaster", "saslStart", "saslContinue", "authenticate"})
"""What a connection says as it is opened, which is told as such."""
_SESSION = frozenset(
    {"lsid", "txnNumber", "startTransaction", "autocommit", "$clusterTime", "$db", "$readPreference"}
)
"""What stands in a command for the session and not for what is asked."""
_NAMES = (
    "find aggregate count distinct insert update delete findAndModify create drop createIndexes dropIndexes listIndexes "
    "collMod collStats mapReduce validate"
)
_OF_COLLECTIONS = frozenset(_NAMES.split())
"""Commands whose own value is the name of a collection."""
_READS = frozenset(
    {
        "find",
        "aggregate",
        "count",
        "distinct",
        "getMore",
        "killCursors",
        "listIndexes",
        "listCollections",
        "explain",
        "ping",
    }
    | {
        "listDatabases",
        "dbStats",
        "collStats",
        "buildInfo",
        "endSessions",
        "abortTransaction",
        "commitTransaction",
    }
)
"""Commands that change no document by themselves; what is not named here is taken to write."""
_WRITING_STAGES = frozenset({"$out", "$merge"})
_LONGEST_NAME = 100
_MOST_VALUES = 100
"""Of a list in a command, what is hashed."""
_MOST_CURSORS = 10_000
_DEEPEST = 12
"""Frames between a listener and the module of pymongo's that sends."""

SENT_FROM: ContextVar[int | None] = ContextVar("pitstop_sent_from", default=None)
"""The stack that asked for what motor runs in a thread, where nothing else tells it."""
_UNDER_WAY: ContextVar[MongoCommand | None] = ContextVar("pitstop_mongo_command", default=None)
_CHECKOUT: ContextVar[Checkout | None] = ContextVar("pitstop_mongo_checkout", default=None)


class MongoCommand(Command):
    """One command to MongoDB."""

    __slots__ = ("asked", "collection", "number", "writes")

    system = "mongodb"

    def __init__(self, operation: str, collection: str, asked: str, number: int, writes: bool) -> None:
        super().__init__(operation)
        self.writes = writes
        self.collection = collection
        self.asked = asked
        self.number = number

    def target(self) -> str:
        return self.collection

    def params(self) -> str:
        return self.asked

    def written(self) -> list[Written]:
        return [(self.operation, self.collection, self.asked)] if self.writes else []


class Checkout:
    """A connection on its way out of a pool; `created` is when one had to be opened, 0 where none had."""

    __slots__ = ("created", "start")

    def __init__(self) -> None:
        self.start = Real.perf_ns()
        self.created = 0


class Mongo:
    """Makes commands of pymongo's events."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._pools = Pools(probe)
        self._cursors: dict[int, MongoCommand] = {}
        """What the cursors that are open came of, by their ids: it is asked on at the place of its cursor."""

    def started(self, event: Any) -> None:
        """A command is sent."""
        request = self._probe.current()
        if request is None or event.command_name in _HANDSHAKE:
            return
        try:
            self._started(request, event)
        except Exception as error:
            self._probe.fault("mongo", error)

    def _started(self, request: Request, event: Any) -> None:
        name, command = event.command_name, event.command
        origin = self._cursors.get(command.get(name)) if name == "getMore" else None
        on_loop = self._probe.running_loop() is not None and not _awaits(sys._getframe(2))
        if origin is not None:
            made = MongoCommand(name, origin.collection, origin.asked, event.request_id, writes=False)
            stack: int | None = origin.stack
        else:
            asked, collection = _asked(name, command), _collection(name, command)
            made = MongoCommand(name, collection, asked, event.request_id, writes(name, command))
            stack = SENT_FROM.get()
        if take(self._probe, request, made, stack, on_loop):
            _UNDER_WAY.set(made)

    def ended(self, event: Any) -> None:
        """Its answer is there, or it failed."""
        made = _UNDER_WAY.get()
        if made is None or made.number != event.request_id:
            return
        made.end = Real.perf_ns()
        _UNDER_WAY.set(None)
        try:
            reply = getattr(event, "reply", None)
            if reply is not None:
                made.rows = _rows(made.operation, reply)
                self._follow(made, reply)
        except Exception as error:
            self._probe.fault("mongo", error)

    def _follow(self, made: MongoCommand, reply: Any) -> None:
        """Remember what a cursor came of, as long as there is more to be had of it."""
        cursor = reply.get("cursor")
        if not cursor or made.operation not in ("find", "aggregate"):
            return
        if cursor.get("id"):
            if len(self._cursors) >= _MOST_CURSORS:
                self._cursors.clear()
            self._cursors[cursor["id"]] = made

    def checkout(self, _event: Any) -> None:
        """A request wants a connection."""
        _CHECKOUT.set(None if self._probe.current() is None else Checkout())

    def created(self, _event: Any) -> None:
        """One is opened for it."""
        checkout = _CHECKOUT.get()
        if checkout is not None:
            checkout.created = Real.perf_ns()

    def checked_out(self, _event: Any) -> None:
        """It has one, or is not to have one."""
        checkout, request = _CHECKOUT.get(), self._probe.current()
        if checkout is None:
            return
        _CHECKOUT.set(None)
        if request is not None:
            now = Real.perf_ns()
            self._pools.note(request, WAIT, checkout.start, checkout.created or now)
            if checkout.created:
                self._pools.note(request, CONNECT, checkout.created, now)

    def listen(self, module: ModuleType) -> None:
        """Register for the events of all clients that are made from now on."""
        heard = self

        class Commands(module.CommandListener):  # type: ignore[misc, name-defined]  # known when it is imported
            def started(self, event: Any) -> None:
                heard.started(event)

            def succeeded(self, event: Any) -> None:
                heard.ended(event)

            def failed(self, event: Any) -> None:
                heard.ended(event)

        module.register(Commands())
        base = getattr(module, "ConnectionPoolListener", None)
        if base is not None:
            told: dict[str, Callable[[Any, Any], None]] = {}
            for name in vars(base):
                if not name.startswith("_"):
                    told[name] = _ignored
            told["connection_check_out_started"] = lambda _, event: heard.checkout(event)
            told["connection_created"] = lambda _, event: heard.created(event)
            told["connection_checked_out"] = lambda _, event: heard.checked_out(event)
            told["connection_check_out_failed"] = told["connection_checked_out"]
            module.register(type("Connections", (base,), told)())

    def motor(self, module: ModuleType) -> None:
        """Note which line asks for what motor hands to its threads."""
        original: Callable[..., Any] = module.run_on_executor
        probe = self._probe

        @functools.wraps(original)
        def run_on_executor(*args: Any, **named: Any) -> Any:
            request = probe.current()
            if request is None:
                return original(*args, **named)
            token = None
            try:
                token = SENT_FROM.set(probe.stacks.here(None, request))
            except Exception as error:
                probe.fault("mongo", error)
            try:
                return original(*args, **named)
            finally:
                if token is not None:
                    SENT_FROM.reset(token)

        vars(module)["run_on_executor"] = run_on_executor


def _ignored(_: Any, _event: Any) -> None:
    """Hear of what is of no interest: each event must be taken."""


def _awaits(frame: FrameType | None) -> bool:
    """Whether a listener is called by pymongo's asynchronous half, whose waiting leaves the loop free."""
    for _ in range(_DEEPEST):
        if frame is None:
            break
        if str(frame.f_globals.get("__name__")).startswith("pymongo.asynchronous."):
            return True
        frame = frame.f_back
    return False


def _collection(name: str, command: Any) -> str:
    """The collection that a command names, up to the first id in it; empty where it names none."""
    key = name if name in _OF_COLLECTIONS else "collection" if name == "getMore" else ""
    named = command.get(key)
    return key_shape(named) or named[:_LONGEST_NAME] if isinstance(named, str) else ""


def writes(name: str, command: Any) -> bool:
    """Whether a command may change documents."""
    if name == "aggregate":
        return any(not _WRITING_STAGES.isdisjoint(stage) for stage in command.get("pipeline") or ())
    return name not in _READS


def _asked(name: str, command: Any) -> str:
    """A hash of the values of a command. What is put in is new each time, and may be large."""
    if name == "insert":
        return ""
    made = hashlib.blake2b(digest_size=8)
    for key, value in command.items():
        if key not in _SESSION:
            part = (len(value), value[:_MOST_VALUES]) if isinstance(value, (list, tuple)) else value
            made.update(f"{key}:{part!r};".encode("utf-8", "backslashreplace"))
    return made.hexdigest()


def _rows(name: str, reply: Any) -> int | None:
    """The documents that an answer brings, or tells to have been changed."""
    cursor = reply.get("cursor")
    if cursor:
        batch = cursor.get("firstBatch", cursor.get("nextBatch"))
        return len(batch) if isinstance(batch, list) else None
    if "value" in reply:  # of findAndModify
        return int(reply["value"] is not None)
    if isinstance(reply.get("values"), list):  # of distinct
        return len(reply["values"])
    return reply["n"] if name != "count" and isinstance(reply.get("n"), int) else None


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Listen to pymongo and to motor as they are imported."""
    mongo = Mongo(probe)
    after("pymongo.monitoring", mongo.listen)
    after("motor.frameworks.asyncio", mongo.motor)
