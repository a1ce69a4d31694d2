"""Outbound HTTP: calls that a request makes, and clients that it builds for them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from .calls import UNDER_WAY, Call, under_way
from .llm import Exchanged, body_of, is_endpoint
from .output import EFFECTS, dumps
from .real import Real
from .request import CURRENT, LARGEST_BODY, MOST_OF_A_KIND, settled
from .state import Probe


class Reading(NamedTuple):
    """How a client's call is read: the first two functions get its arguments."""

    target: Callable[..., tuple[Any, Any]]
    """Method and URL."""
    sent: Callable[..., Any]
    """The body, where it is there as a whole: text or bytes."""
    query: Callable[..., Any]
    """What is asked for by the URL's query, as text."""
    headers: Callable[..., Any]
    """A mapping of the headers that the app gave."""
    learn: Callable[[Exchanged, Any], None] | None = None
    """Takes the body of what came back, where the client has read it already."""


_CLIENT_S_OWN = frozenset(
    [
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "baggage",
        "sentry-trace",
        "traceparent",
        "tracestate",
        "x-amzn-trace-id",
        "x-b3-spanid",
        "x-b3-traceid",
    ]
)
"""Headers that say which client is asking and how, and those of tracers, that no repair need leave as they are."""
_EXCHANGED = "pitstop_exchanged"
"""Where a response of aiohttp's holds what is to be told of it."""


class Clients:
    """Wraps the classes of HTTP clients."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def _begin(self, read: Reading, blocking: bool, args: Any, named: Any) -> Call | None:
        """Note a call. None where no request is under way, or the call serves one that is already noted: a hop of redirects, or a library on another."""
        probe = self._probe
        request = probe.current()
        if request is None or under_way() is not None:
            return None
        try:
            if len(request.calls) >= MOST_OF_A_KIND:
                probe.output.lost(EFFECTS)
                return None
            method, whole = read.target(*args, **named)
            method, url = str(method).upper(), bare(str(whole))
            on_loop = blocking and probe.running_loop() is not None
            stack = probe.stacks.here(None, request)
            exchanged = None
            if is_endpoint(method, url):
                exchanged = Exchanged(body_of(_quietly(read.sent, *args, **named)))
            call = Call(method, url, stack, on_loop)
            call.exchanged = exchanged
            if probe.config.bodies:
                body = body_of(_quietly(read.sent, *args, **named), LARGEST_BODY)
                call.sent = _hash(
                    _quietly(read.query, *args, **named), _quietly(read.headers, *args, **named), body
                )
            request.calls.append(call)
            return call
        except Exception as error:
            probe.fault("call", error)
            return None

    def _end(self, call: Call, read: Reading, response: Any) -> None:
        call.end = Real.perf_ns()
        if call.exchanged is not None and response is not None and read.learn is not None:
            _quietly(read.learn, call.exchanged, response)

    def wrap_call(self, owner: type, name: str, read: Reading) -> None:
        """Note the calls of a blocking client."""
        original: Callable[..., Any] = owner.__dict__[name]
        begin, end = self._begin, self._end

        @functools.wraps(original)
        def call(self_: Any, *args: Any, **named: Any) -> Any:
            noted = begin(read, True, args, named)
            if noted is None:
                return original(self_, *args, **named)
            token = UNDER_WAY.set(noted)
            response = None
            try:
                response = original(self_, *args, **named)
                return response
            finally:
                UNDER_WAY.reset(token)
                end(noted, read, response)

        setattr(owner, name, call)

    def wrap_async_call(self, owner: type, name: str, read: Reading) -> None:
        """Note the calls of an awaiting client."""
        original: Callable[..., Any] = owner.__dict__[name]
        begin, end = self._begin, self._end

        @functools.wraps(original)
        async def call(self_: Any, *args: Any, **named: Any) -> Any:
            noted = begin(read, False, args, named)
            if noted is None:
                return await original(self_, *args, **named)
            token = UNDER_WAY.set(noted)
            response = None
            try:
                response = await original(self_, *args, **named)
                return response
            finally:
                try:  # noqa: SIM105  # each call would pay for the context manager
                    UNDER_WAY.reset(token)
                except ValueError:  # closed from another context, as an abandoned coroutine is
                    pass
                end(noted, read, response)

        setattr(owner, name, call)

    def wrap_read(self, owner: type) -> None:
        """Learn of an answer's body when the app reads it: aiohttp gives the answer before that."""
        original: Callable[..., Any] = owner.__dict__["read"]

        @functools.wraps(original)
        async def read(self_: Any) -> Any:
            body = await original(self_)
            exchanged = self_.__dict__.get(_EXCHANGED)
            if exchanged is not None:
                exchanged.answer = body_of(body)
            return body

        setattr(owner, "read", read)  # noqa: B010  # the class is typed otherwise

    def wrap_build(self, owner: type, name: str) -> None:
        """Note each client that is built within a request."""
        original: Callable[..., None] = owner.__dict__["__init__"]
        probe = self._probe

        @functools.wraps(original)
        def build(self_: Any, *args: Any, **named: Any) -> None:
            request = CURRENT.get()
            if request is None or request.closed:
                original(self_, *args, **named)
                return
            start = Real.perf_ns()
            try:
                original(self_, *args, **named)
            finally:
                try:
                    built = (name, probe.stacks.here(None, request), Real.perf_ns() - start)
                    if len(request.clients) < MOST_OF_A_KIND:
                        request.clients.append(built)
                    else:
                        probe.output.lost(EFFECTS)
                except Exception as error:
                    probe.fault("client", error)

        setattr(owner, "__init__", build)  # noqa: B010  # the class is typed otherwise


def bare(url: str) -> str:
    """A URL without query, fragment, user and password."""
    url = url.partition("#")[0].partition("?")[0]
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _hash(query: Any, headers: Any, body: bytes) -> str:
    """What is asked for and sent, as a hash that is the same in every process; empty where it is nothing."""
    text = str(query or "") + _told(headers)
    if not text and not body:
        return ""
    told = text.encode("utf-8", "backslashreplace") + b"\0" + body
    return hashlib.blake2b(settled(told), digest_size=8).hexdigest()


def _told(headers: Any) -> str:
    """Headers as text, in one order and with names in one spelling."""
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    named = [(_text(name).lower(), _text(value)) for name, value in pairs]
    return "".join(f"\n{name}: {value}" for name, value in sorted(named) if name not in _CLIENT_S_OWN)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _quietly(read: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What a function reads; nothing where it cannot, for a body may be a stream that is only the app's to read."""
    try:
        return read(*args, **named)
    except Exception:
        return None


def _headers_of_request(request: Any, *_args: Any, **_named: Any) -> Any:
    return request.headers


def _headers_of_arguments(_method: Any, _url: Any, *, headers: Any = None, **_named: Any) -> Any:
    return headers


def _headers_of_urllib(target: Any, *_args: Any, **_named: Any) -> Any:
    return target.header_items()


def _of_request(request: Any, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    return request.method, request.url


def _query_of_request(request: Any, *_args: Any, **_named: Any) -> str:
    return str(request.url).partition("#")[0].partition("?")[2]


def _query_of_arguments(_method: Any, url: Any, *, params: Any = None, **_named: Any) -> str:
    return str(url).partition("#")[0].partition("?")[2] + (repr(params) if params else "")


def _query_of_urllib(target: Any, *_args: Any, **_named: Any) -> str:
    return str(getattr(target, "full_url", target)).partition("#")[0].partition("?")[2]


def _of_arguments(method: Any, url: Any, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    return method, url


def _of_urllib(target: Any, data: Any = None, *_args: Any, **_named: Any) -> tuple[Any, Any]:
    if hasattr(target, "get_method"):
        return target.get_method(), target.full_url
    return "GET" if data is None else "POST", target


def _sent_by_aiohttp(_method: Any, _url: Any, *, data: Any = None, json: Any = None, **_named: Any) -> Any:
    # An object may be changed before the record is written.
    return data if json is None else dumps(json)


def _learn_content(exchanged: Exchanged, response: Any) -> None:
    exchanged.answer = body_of(response.content)  # httpx refuses to read it here


def _learn_consumed(exchanged: Exchanged, response: Any) -> None:
    if response._content_consumed is True:  # requests would read it here
        exchanged.answer = body_of(response.content)


def _learn_later(exchanged: Exchanged, response: Any) -> None:
    vars(response)[_EXCHANGED] = exchanged


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the clients as they are imported."""
    clients = Clients(probe)

    def httpx(module: ModuleType) -> None:
        name = module.__name__
        read = Reading(
            _of_request,
            lambda request, **_: request.content,
            _query_of_request,
            _headers_of_request,
            _learn_content,
        )
        clients.wrap_call(module.Client, "send", read)
        clients.wrap_async_call(module.AsyncClient, "send", read)
        clients.wrap_build(module.Client, f"{name}.Client")
        clients.wrap_build(module.AsyncClient, f"{name}.AsyncClient")

    def requests(module: ModuleType) -> None:
        read = Reading(
            _of_request,
            lambda request, **_: request.body,
            _query_of_request,
            _headers_of_request,
            _learn_consumed,
        )
        clients.wrap_call(module.Session, "send", read)
        clients.wrap_build(module.Session, "requests.Session")

    def aiohttp(module: ModuleType) -> None:
        read = Reading(
            _of_arguments, _sent_by_aiohttp, _query_of_arguments, _headers_of_arguments, _learn_later
        )
        clients.wrap_async_call(module.ClientSession, "_request", read)
        clients.wrap_build(module.ClientSession, "aiohttp.ClientSession")
        clients.wrap_read(module.ClientResponse)

    def urllib(module: ModuleType) -> None:
        read = Reading(
            _of_urllib,
            lambda target, data=None, *_: getattr(target, "data", None) or data,
            _query_of_urllib,
            _headers_of_urllib,
        )
        clients.wrap_call(module.OpenerDirector, "open", read)

    after("httpx", httpx)
    after("httpx2", httpx)
    after("requests.sessions", requests)
    after("aiohttp.client", aiohttp)
    after("urllib.request", urllib)
