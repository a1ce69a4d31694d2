"""Commands that go to a store beside the SQL database: redis-py, and valkey-py, which is made of the same classes."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .commands import Command, Written, take
from .real import Real
from .request import Request, settled
from .state import Probe

PIPELINE = "PIPELINE"
EXEC = "EXEC"
REDIS = "redis"
"""OpenTelemetry's name of the system; Valkey answers to it as well, for it speaks the same protocol."""
_OPERATION = re.compile(r"[A-Z][A-Z0-9_.]{0,31}\Z")
_WORD = re.compile(r"[a-z]{1,24}\Z")
_ID = re.compile(r"(?:[0-9a-f]*[0-9][0-9a-f]*|[0-9a-f]{8,})\Z", re.IGNORECASE)
_PARTS = re.compile(r"([:_.-])")
_LONGEST_KEY = 200
_FAMILIES = frozenset(
    {"ACL", "CLIENT", "CLUSTER", "CONFIG", "FUNCTION", "MEMORY", "OBJECT", "SCRIPT", "XGROUP", "XINFO"}
)
"""Commands whose second word says what they do."""
_NAMES = (
    "APPEND BITCOUNT BITFIELD BITPOS BLPOP BRPOP BZPOPMAX BZPOPMIN COPY DECR DECRBY DEL DUMP EXISTS EXPIRE EXPIREAT EXPIRETIME "
    "GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEOSEARCH GET GETBIT GETDEL GETEX GETRANGE GETSET "
    "HDEL HEXISTS HEXPIRE HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPTTL "
    "HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT "
    "LINDEX LINSERT LLEN LMOVE LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MGET MSET MSETNX "
    "PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFMERGE PSETEX PTTL RENAME RENAMENX RESTORE RPOP RPOPLPUSH RPUSH "
    "RPUSHX SADD SCARD SDIFF SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTER SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER "
    "SMOVE SORT SPOP SRANDMEMBER SREM SSCAN STRLEN SUNION SUNIONSTORE TOUCH TTL TYPE UNLINK WATCH "
    "XACK XADD XAUTOCLAIM XCLAIM XDEL XLEN XPENDING XRANGE XREVRANGE XTRIM "
    "ZADD ZCARD ZCOUNT ZDIFFSTORE ZINCRBY ZINTERSTORE ZLEXCOUNT ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX "
    "ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE "
    "ZREVRANK ZSCAN ZSCORE ZUNIONSTORE JSON.GET JSON.SET JSON.DEL JSON.MGET"
)
_KEYED = frozenset(_NAMES.split())
"""Commands whose first argument is a key: of others it may be a password, a script or a message."""


_LOOKS_UP = frozenset({"GET", "HGET"})
"""Commands that are answered with nothing where there is nothing; within a pipeline they have no answer of their own."""
_READING_NAMES = (
    "BITCOUNT BITFIELD_RO BITPOS DBSIZE DUMP EVALSHA_RO EVAL_RO EXISTS EXPIRETIME FCALL_RO GEODIST GEOHASH GEOPOS GEORADIUS_RO "
    "GEORADIUSBYMEMBER_RO GEOSEARCH GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS HLEN HMGET HPTTL HRANDFIELD HSCAN HSTRLEN "
    "HTTL HVALS INFO KEYS LASTSAVE LCS LINDEX LLEN LPOS LRANGE MGET PEXPIRETIME PFCOUNT PTTL RANDOMKEY SCAN SCARD SDIFF SINTER "
    "SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TIME TTL TYPE XLEN XPENDING XRANGE "
    "XREAD XREVRANGE ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK "
    "ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION JSON.GET JSON.MGET JSON.TYPE "
    # What is said of the connection itself.
    "AUTH DISCARD ECHO EXEC HELLO MULTI PING SELECT UNWATCH WATCH"
)
_READS = frozenset(_READING_NAMES.split())
"""Commands that leave every key as it was; what is not named here is taken to write."""
_READING_FAMILIES = ("CLIENT ", "MEMORY ", "OBJECT ", "XINFO ", "SCRIPT LOAD", "SCRIPT EXISTS")
_MOST_WRITTEN = 1000
"""Writing commands of one pipeline that are told one by one."""


class Sent(Command):
    """One command to Redis, or one pipeline of them: then `args` are those of all, and `each` has them apart."""

    __slots__ = ("args", "each", "is_transaction")

    system = REDIS

    def __init__(self, operation: str, args: Sequence[Any], count: int) -> None:
        super().__init__(operation, count)
        self.args = args
        self.each: Sequence[Sequence[Any]] = ()
        self.is_transaction = False

    def target(self) -> str:
        return _target(self.operation, self.args)

    def params(self) -> str:
        return _digest(self.args)

    def answered(self, result: Any) -> None:
        """Learn from an answer whether what was asked for is there."""
        if self.operation in _LOOKS_UP:
            self.rows = 0 if result is None else 1

    def written(self) -> list[Written]:
        """A long pipeline is told as one. Writes that MULTI and EXEC make one transaction are followed by an `EXEC`."""
        if self.operation != PIPELINE:
            return [(self.operation, self.target(), self.params())] if is_writing(self.operation) else []
        writing = [each for each in map(_parted, self.each) if is_writing(each[0])]
        if len(writing) > _MOST_WRITTEN:
            return [(PIPELINE, "", self.params())]
        told = [(operation, _target(operation, args), _digest(args)) for operation, args in writing]
        return [*told, (EXEC, "", "")] if self.is_transaction and len(told) > 1 else told


class Stores:
    """Wraps what commands are sent with."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def single(self, _client: Any, args: tuple[Any, ...], blocks: bool) -> Sent | None:
        """Note a command that is sent on its own."""
        request = self._probe.current()
        if request is None:
            return None
        try:
            operation, given = _parted(args)
            return self._noted(request, operation, given, 1, blocks)
        except Exception as error:
            self._probe.fault("command", error)
            return None

    def watching(self, pipeline: Any, args: tuple[Any, ...], blocks: bool) -> Sent | None:
        """Note a command that a pipeline sends at once, as it does from a WATCH until its MULTI.

        What it sends of itself, as to load scripts, is a part of its execution.
        """
        try:
            at_once = (pipeline.watching or args[0] == "WATCH") and not pipeline.explicit_transaction
        except Exception as error:
            self._probe.fault("command", error)
            return None
        return self.single(pipeline, args, blocks) if at_once else None

    def pipeline(self, pipeline: Any, _args: tuple[Any, ...], blocks: bool) -> Sent | None:
        """Note that a pipeline sends what it holds, as one command."""
        request = self._probe.current()
        if request is None:
            return None
        try:
            each = [_args_of(command) for command in _queued(pipeline)]
            if not each:
                return None
            sent = [argument for command in each for argument in command]
            noted = self._noted(request, PIPELINE, sent, len(each), blocks)
            if noted is not None:
                noted.each = each
                # By its kind: what `pipeline(transaction=...)` was given, or MULTI said of itself.
                noted.is_transaction = any(
                    getattr(pipeline, name, False) is True
                    for name in ("transaction", "is_transaction", "explicit_transaction")
                )
            return noted
        except Exception as error:
            self._probe.fault("command", error)
            return None

    def _noted(
        self, request: Request, operation: str, args: Sequence[Any], count: int, blocks: bool
    ) -> Sent | None:
        made = Sent(operation, args, count)
        on_loop = blocks and self._probe.running_loop() is not None
        return made if take(self._probe, request, made, None, on_loop) else None

    def cluster(self, module: ModuleType, client: str, blocks: bool) -> None:
        """The same of a cluster's client. What it asks the nodes to learn who has which keys is noted as any command."""
        wrap = _wrap if blocks else _wrap_async
        wrap(getattr(module, client), "execute_command", self.single)
        wrap(module.ClusterPipeline, "execute", self.pipeline)

    def redis(self, module: ModuleType, client: str, blocks: bool) -> None:
        """Wrap a client's class and its pipelines. The messages of subscriptions go through neither."""
        wrap = _wrap if blocks else _wrap_async
        wrap(getattr(module, client), "execute_command", self.single)
        wrap(module.Pipeline, "immediate_execute_command", self.watching)
        wrap(module.Pipeline, "execute", self.pipeline)


def _queued(pipeline: Any) -> Sequence[Any]:
    """The commands that a pipeline holds: that of a cluster, by version, in what carries it out, or under another name."""
    holder = getattr(pipeline, "_execution_strategy", pipeline)
    for name in ("_command_queue", "_command_stack", "command_stack"):
        found: Sequence[Any] | None = getattr(holder, name, None)
        if found is not None:
            return found
    return ()


def _args_of(command: Any) -> Sequence[Any]:
    """The words of a command in a pipeline: a cluster makes an object of it."""
    found: Sequence[Any] = command.args if hasattr(command, "args") else command[0]
    return found


def _wrap(owner: type, name: str, note: Callable[..., Sent | None]) -> None:
    """Note what a method sends that blocks."""
    original: Callable[..., Any] = owner.__dict__[name]

    @functools.wraps(original)
    def sent(self_: Any, *args: Any, **named: Any) -> Any:
        noted = note(self_, args, True)
        if noted is None:
            return original(self_, *args, **named)
        try:
            result = original(self_, *args, **named)
            noted.answered(result)
            return result
        finally:
            noted.end = Real.perf_ns()

    setattr(owner, name, sent)


def _wrap_async(owner: type, name: str, note: Callable[..., Sent | None]) -> None:
    """The same of a coroutine method, with all that it waits for."""
    original: Callable[..., Any] = owner.__dict__[name]

    @functools.wraps(original)
    async def sent(self_: Any, *args: Any, **named: Any) -> Any:
        noted = note(self_, args, False)
        if noted is None:
            return await original(self_, *args, **named)
        try:
            result = await original(self_, *args, **named)
            noted.answered(result)
            return result
        finally:
            noted.end = Real.perf_ns()

    setattr(owner, name, sent)


def is_writing(operation: str) -> bool:
    """Whether a command of this name may leave something in the store."""
    return operation not in _READS and not operation.startswith(_READING_FAMILIES)


def _parted(command: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """The name of a command, and what it was given. Redis' clients take a whole command in one text, too."""
    operation = operation_of(command[0])
    return operation, command[1:] if command[0] == operation else command


def _target(operation: str, args: Sequence[Any]) -> str:
    return key_shape(args[0]) if operation in _KEYED and args else ""


def _digest(args: Sequence[Any]) -> str:
    """A hash of arguments as they are sent: without their texts, for one may be a whole cached page."""
    if not args:
        return ""
    made = hashlib.blake2b(digest_size=8)
    for argument in args:
        sent = argument if isinstance(argument, bytes) else str(argument).encode("utf-8", "backslashreplace")
        sent = settled(sent)
        made.update(b"%d:" % len(sent))
        made.update(sent)
    return made.hexdigest()


@functools.lru_cache(maxsize=1000)
def operation_of(name: Any) -> str:
    """The command that an argument names, upper case, without what may have been written into it."""
    words = (name.decode("latin-1") if isinstance(name, bytes) else str(name)).upper().split()
    kept = words[:2] if words and words[0] in _FAMILIES else words[:1]
    return " ".join(kept) if all(_OPERATION.match(word) for word in kept) else ""


def key_shape(key: Any) -> str:
    """A key up to the first id in it, that and the rest being `?`: `user:?`.

    Empty where what is left is more than lower-case words, for nobody knows then what it says.
    """
    text = key.decode("latin-1") if isinstance(key, bytes) else key if isinstance(key, str) else ""
    if not text or len(text) > _LONGEST_KEY:
        return ""
    kept: list[str] = []
    for place, part in enumerate(_PARTS.split(text)):
        if place % 2:
            kept.append(part)
        elif _ID.match(part):
            return "".join(kept) + "?" if kept else ""
        elif _WORD.match(part):
            kept.append(part)
        else:
            return ""
    return "".join(kept)


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the clients as they are imported."""
    stores = Stores(probe)
    after("redis.client", lambda module: stores.redis(module, "Redis", True))
    after("redis.asyncio.client", lambda module: stores.redis(module, "Redis", False))
    after("valkey.client", lambda module: stores.redis(module, "Valkey", True))
    after("valkey.asyncio.client", lambda module: stores.redis(module, "Valkey", False))
    after("redis.cluster", lambda module: stores.cluster(module, "RedisCluster", True))
    after("redis.asyncio.cluster", lambda module: stores.cluster(module, "RedisCluster", False))
    after("valkey.cluster", lambda module: stores.cluster(module, "ValkeyCluster", True))
    after("valkey.asyncio.cluster", lambda module: stores.cluster(module, "ValkeyCluster", False))
