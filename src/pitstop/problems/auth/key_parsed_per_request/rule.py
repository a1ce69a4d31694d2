"""Keys and certificates parsed on the way of a request, from a text that no request changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.auth.key_parsed_per_request.texts import Texts
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import is_once_in_a_while, weigh
from pitstop.project.facts import Attr, Call, Name, dotted
from pitstop.project.lifetimes import outlives
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_PRIMITIVES = "cryptography.hazmat.primitives.serialization."
_PARSERS = {
    *(
        f"{home}load_{form}_{kind}_key"
        for home in (_PRIMITIVES, f"{_PRIMITIVES}base.")
        for form in ("pem", "der", "ssh")
        for kind in ("private", "public")
    ),
    "cryptography.x509.load_pem_x509_certificate",
    "cryptography.x509.load_der_x509_certificate",
    "jwt.algorithms.RSAAlgorithm.from_jwk",
    "jwt.algorithms.ECAlgorithm.from_jwk",
    "jwt.algorithms.OKPAlgorithm.from_jwk",
    "jwt.PyJWK",
    "jwt.PyJWK.from_dict",
    "jwt.PyJWK.from_json",
    "jose.jwk.construct",
    "authlib.jose.JsonWebKey.import_key",
    "joserfc.jwk.RSAKey.import_key",
    "joserfc.jwk.ECKey.import_key",
    "joserfc.jwk.OKPKey.import_key",
    "jwcrypto.jwk.JWK.from_pem",
    "jwcrypto.jwk.JWK.from_json",
    "Crypto.PublicKey.RSA.import_key",
    "Crypto.PublicKey.RSA.importKey",
    "Crypto.PublicKey.ECC.import_key",
    "Cryptodome.PublicKey.RSA.import_key",
    "Cryptodome.PublicKey.RSA.importKey",
    "Cryptodome.PublicKey.ECC.import_key",
}
_ANY_KEY = "jose.jwk.construct"
"""What also takes a shared secret, which needs no parsing."""
_TWO_KEYS = re.compile(r"\b(?:[REP]S(?:256|384|512)|EdDSA)\b")
_LAST = {name.rpartition(".")[2] for name in _PARSERS}
_IMPACT = Impact(
    text="no key parsed while a request waits",
    expected=(1.0, 1.4),
    source="tokens verified with a key at hand against one parsed each time: 1.4×; an RSA private key of 2,048 bits, whose numbers are"
    " checked as it is loaded, took 34 ms with cryptography 48, a public one 3 µs; pitstop's own measurements",
)
_BUILT = {"__init__", "__new__", "__post_init__", "model_post_init"}
_KEPT = ("cache", "memo", "singleton")


def find(project: Project) -> list[Finding]:
    """One finding for each place that parses a key for a request and keeps it for no other."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    telling = {
        path
        for path, module in project.index.by_path.items()
        if any(name in module.source.text for name in _LAST)
    }
    texts = Texts(project)
    for function in project.functions:
        # What an object parses as it is made is kept as long as the object is.
        if function.module.path not in telling or function.name in _BUILT:
            continue
        for site in function.calls:
            reach = _parsed(project, function, site)
            if reach is None or _is_kept(function, site, reach):
                continue
            call = site.node
            assert isinstance(call, Call)
            source = texts.source(_given(call, function), function)
            if source:
                yield _finding(function, site, reach, source)


def _given(call: Call, function: FunctionInfo) -> list[Expr]:
    """What a key is made of: the arguments, but for the name of an algorithm with two keys."""
    given = [*call.args, *(k.value for k in call.keywords)]
    return [given[0], *(a for a in given[1:] if not _TWO_KEYS.search(function.module.text(a)))]


def _parsed(project: Project, function: FunctionInfo, site: Site) -> Reach | None:
    """How a call that parses a key runs within requests; None where it is another one, or does not."""
    call = site.node
    assert isinstance(call, Call)
    last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
    if last not in _LAST or site.in_lambda or site.rescue:
        return None
    name = project.calls.external_name(call, function)
    if name not in _PARSERS or not (call.args or call.keywords):
        return None
    if name == _ANY_KEY and not _TWO_KEYS.search(function.module.text(call)):
        return None
    return project.calls.reach(function, site)


def _is_kept(function: FunctionInfo, site: Site, reach: Reach) -> bool:
    """Whether the key, or what it is handed on in, lives on after the request, or some function on the way keeps what it makes."""
    for step in (*reach.path, Step(function, site)):
        if step.site.rescue or outlives(step.function, step.site.node) or _is_wrapped(step.function):
            return True
        if any(word in name.lower() for name in _names_in(step.function) for word in _KEPT):
            return True
    return any(is_memoised(s.function) or s.function.name in _BUILT for s in reach.path)


def _is_wrapped(function: FunctionInfo) -> bool:
    """Whether what remembers a function's result is put around it afterwards: `key = lru_cache(key)`."""
    values = (b.value for bindings in function.module.bindings.values() for b in bindings)
    return any(
        isinstance(value, Call) and any(dotted(argument) == function.name for argument in value.args)
        for value in values
    )


def _names_in(function: FunctionInfo) -> Iterator[str]:
    yield function.name
    for site in function.sites:
        node: Expr = site.node
        if isinstance(node, Name):
            yield node.id
        elif isinstance(node, Attr):
            yield node.attr


def _finding(function: FunctionInfo, site: Site, reach: Reach, source: str) -> Finding:
    call = site.node
    assert isinstance(call, Call)
    shown = dotted(call.func).rpartition(".")[2]
    doubts = ["a branch decides whether it happens"] if site.conditional else []
    if is_once_in_a_while(reach.routes):
        doubts.append("a user gets there once in a while")
    severity: Severity = "medium" if "private" in shown else "low"
    confidence, severity, why = weigh(reach, (Step(function, site),), "likely", severity, doubts=doubts)
    return make(
        problem="key-parsed-per-request",
        domain="auth",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` parses a key for every request: `{shown}` of {source}",
        module=function.module,
        owner=function.qualname,
        node=call,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"what it parses is {source}, the same each time, and nothing keeps the key"
                + (f"; but {why}" if why else ""),
                locations=(function.at(call),),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
