"""Code without its secrets: each is replaced by a mark before the code is shown to anyone, and put back into what comes in return."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise

from pitstop.errors import PatchError

_MARK = "REDACTED_"
_WORDS = frozenset(
    {
        *("apikey", "auth", "authorization", "bearer", "cookie", "credential", "credentials", "dsn", "jwt"),
        *("otp", "passphrase", "passwd", "password", "passwords", "pepper", "pin", "pwd", "salt", "secret"),
        *("secrets", "signature", "token", "tokens"),
    }
)
"""A name with one of these words in it names a secret, and so does one with a pair of the following:"""
_PAIRS = frozenset(
    {
        *(
            "access key",
            "api key",
            "broker url",
            "connection string",
            "database uri",
            "database url",
            "db url",
        ),
        *("encryption key", "mongo url", "private key", "redis url", "secret key", "signing key"),
    }
)
_CALLS = frozenset(
    {
        *("connect", "crypt", "decrypt", "encrypt", "fernet", "hmac", "jose", "jwt", "login", "serializer"),
        *("sign", "signer", "token"),
    }
)
"""Calls with one of these words in their name may be handed a secret without saying so: `jwt.encode(payload, "...")`."""
_FORMS = re.compile(
    r"""
    (?<=://)[^\s/@'"{}]+:[^\s/@'"{}]+(?=@)                  # name and password of a URL
    | \b(?:sk|pk|rk)[-_](?:live_|test_|[a-z]+-)?[\w-]{16,}
    | \b(?:gh[oprsu]_|github_pat_|glpat-|hf_|npm_|pypi-|whsec_|xox[abeprs]-)[\w-]{10,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bAIza[\w-]{30,} | \bSG\.[\w-]{16,}\.[\w-]{16,}
    | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?               # a JSON web token
    | \$2[abxy]\$\d\d\$[./\w]{53} | \$argon2[\w$=,+/.-]+
    | -----BEGIN[ ][A-Z ]*KEY-----.*?(?:-----END[ ][A-Z ]*KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAID = re.compile(
    r"(?i)\b(?:password|passwd|pwd|secret|token|api[_-]?key)\b[\"'`]?\s*(?:[:=]|is)\s*[\"'`]?([^\s\"'`,;)]{3,})"
)
"""In prose: `password: hunter2`."""
_OPAQUE = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_=-]{20,}(?![\w+/=-])")
_BITS = 3.5
"""Bits of entropy a character from which an opaque text of twenty characters is a key; words of English have fewer, as they repeat letters."""
_LEAST = 6
"""Shorter values of the service's settings are no secrets: they are found in any text."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Redactor:
    """Takes secrets out of texts, and puts them back. `known` are values that are secret wherever they stand."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: tuple[str, ...] = ()
        self._marks: dict[tuple[str, bool], str] = {}
        self._take(known)

    @property
    def count(self) -> int:
        """How many secrets were taken out."""
        return len(self._marks)

    def _take(self, values: Iterable[str]) -> None:
        wanted = {*self._known, *(each for each in values if len(each) >= _LEAST)}
        self._known = tuple(sorted(wanted, key=lambda each: (-len(each), each)))

    def learn(self, text: str) -> None:
        """Take the secrets that code names for such wherever else they stand. Code that does not parse has none to be learnt."""
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.parse(text)
            found = {
                str(each.value)
                for each, kind in _literals(tree)
                if kind == "secret" and isinstance(each, ast.Constant)
            }
            # Words alone ("authorization") stand in much that is no secret.
            self._take({each for each in found if re.search(r"[^A-Za-z_ ]", each)})

    def code(self, text: str, parts: Iterable[tuple[int, int]]) -> list[str]:
        """Parts of Python code, each by its first and last line (from 1), their string literals, docstrings and comments without secrets.

        Raises PatchError where the code does not parse.
        """
        try:
            tree = ast.parse(text)
            comments = [
                token
                for token in tokenize.generate_tokens(io.StringIO(text).readline)
                if token.type == tokenize.COMMENT
            ]
        except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
            raise PatchError(f"the code cannot be looked through for secrets: {error}") from error
        lines = text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line.encode()) + 1)
        spans = [
            (
                starts[node.lineno - 1] + node.col_offset,
                starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
                kind,
            )
            for node, kind in _literals(tree)
        ]
        for token in comments:
            (row, column), (_, end) = token.start, token.end
            line = lines[row - 1]
            spans.append(
                (
                    starts[row - 1] + len(line[:column].encode()),
                    starts[row - 1] + len(line[:end].encode()),
                    "prose",
                )
            )
        whole, spans = text.encode(), sorted(spans)
        shown = []
        for first, last in parts:
            position, end = starts[first - 1], starts[min(last, len(lines))] - 1
            pieces: list[bytes] = []
            for start, stop, kind in spans:
                if (
                    stop <= position or end <= start
                ):  # within one that was replaced already, or in another part
                    continue
                begin, after = max(start, position), min(stop, end)
                is_cut = (begin, after) != (start, stop)
                written = whole[begin:after].decode()
                pieces += (
                    whole[position:begin],
                    (self._whole(written) if is_cut else self._literal(written, kind)).encode(),
                )
                position = after
            shown.append(b"".join([*pieces, whole[position:end]]).decode())
        return shown

    def _literal(self, written: str, kind: str) -> str:
        """A literal or a comment as it is shown."""
        if kind == "secret":
            return self._whole(written)
        if kind == "prose":
            return self.text(written)
        content = written.strip("rbuRBUfF").strip("\"'")
        is_secret = any(each in content for each in self._known) or (
            kind == "plain"
            and not re.search(r"\s", content.strip())
            and (_FORMS.search(content) or _is_opaque(content))
        )
        return self._whole(written) if is_secret else _FORMS.sub(lambda found: self._part(found[0]), written)

    def text(self, text: str) -> str:
        """Prose without secrets, those among them that were taken out of code before."""
        for (secret, is_literal), mark in self._marks.items():
            shown = f'"{mark}"' if is_literal else mark
            text = text.replace(secret, shown)
            # A message may quote one line of several.
            for line in secret.splitlines() if "\n" in secret else ():
                text = text.replace(line, shown) if len(line.strip()) >= _LEAST else text
        for known in self._known:
            text = text.replace(known, self._part(known)) if known in text else text
        text = _FORMS.sub(lambda found: self._part(found[0]), text)
        text = _SAID.sub(lambda found: found[0].replace(found[1], self._part(found[1])), text)
        return _OPAQUE.sub(lambda found: self._part(found[0]) if _is_opaque(found[0]) else found[0], text)

    def _whole(self, written: str) -> str:
        prefix = "b" if written[:2].lower().strip("r\"'") == "b" else ""
        return f'{prefix}"{self._mark(written, True)}"'

    def _part(self, text: str) -> str:
        return text if text.startswith(_MARK) else self._mark(text, False)

    def _mark(self, text: str, is_literal: bool) -> str:
        return self._marks.setdefault((text, is_literal), f"{_MARK}{len(self._marks) + 1}")

    def restore(self, text: str) -> str:
        """A text with the secrets back where their marks stand. Raises PatchError for a mark that stands in another way than it was given."""
        for (secret, is_literal), mark in self._marks.items():
            form = rf"[bB]?([\"']){mark}\1" if is_literal else rf"{mark}(?!\d)"
            text = re.sub(form, lambda _, secret=secret: secret, text)  # type: ignore[misc] # mypy has no type for its default
        if left := re.search(rf"{_MARK}\d*", text):
            raise PatchError(
                f"{left[0]} stands for a literal that was taken out, and has to be kept as it was given"
            )
        return text


def is_secret_name(name: str) -> bool:
    """Whether what has this name is a secret, as far as its words say."""
    words = _words(name)
    return not _WORDS.isdisjoint(words) or any(f"{a} {b}" in _PAIRS for a, b in pairwise(words))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z]+", spaced.lower())


def _is_opaque(text: str) -> bool:
    """Whether a text looks like a key: long, without words, of all kinds of characters."""
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text):
        return True
    if len(text) < 20 or not _OPAQUE.fullmatch(text) or text.startswith("/"):
        return False
    if not all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        return False
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) >= _BITS


def _literals(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Each literal of text with what it is: `secret`, by the name that it is given to; `prose`, `plain`, or `formatted`."""
    named = {id(node) for node in ast.walk(tree) for literal in _named(node) for node in ast.walk(literal)}
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            # Before Python 3.12 what is inside of one has no place of its own.
            is_secret = any(id(inner) in named for inner in ast.walk(node) if _is_text(inner))
            yield node, "secret" if is_secret else "formatted"
            continue
        if isinstance(node, ast.Constant) and _is_text(node):
            yield node, "prose" if id(node) in prose else "secret" if id(node) in named else "plain"
        stack.extend(ast.iter_child_nodes(node))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and bool(node.value)


def _named(node: ast.AST) -> Iterator[ast.AST]:
    """What a node gives to a name that is a secret's."""
    match node:
        case ast.Assign(targets=targets, value=value):
            if any(is_secret_name(_name(target)) for target in targets):
                yield value
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.NamedExpr(target=target, value=value)
        ):
            if is_secret_name(_name(target)):
                yield value
        case ast.keyword(arg=str() as name, value=value):
            if is_secret_name(name):
                yield value
        case ast.Dict(keys=keys, values=values):
            yield from (value for key, value in zip(keys, values, strict=True) if is_secret_name(_said(key)))
        case ast.Compare(left=left, comparators=others):
            if any(is_secret_name(_name(each)) for each in (left, *others)):
                yield from (left, *others)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _of_function(node)
        case ast.Call(func=func, args=args):
            words = _words(ast.unparse(func) if isinstance(func, ast.Name | ast.Attribute) else "")
            if not _CALLS.isdisjoint(words):
                yield from (each for each in args if isinstance(each, ast.Constant))
            if args and is_secret_name(_said(args[0])):
                yield from args[1:]  # `environ.get("SECRET_KEY", "...")`


def _of_function(node: _Function) -> Iterator[ast.AST]:
    """The defaults of parameters with a secret's name, and what a function with such a name returns."""
    given = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(given), reversed(node.args.defaults), strict=False)]
    pairs += [
        (arg, value) for arg, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value
    ]
    yield from (value for arg, value in pairs if is_secret_name(arg.arg))
    if is_secret_name(node.name):
        yield from (
            each.value
            for each in ast.walk(node)
            if isinstance(each, ast.Return) and isinstance(each.value, ast.Constant)
        )


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=key):
            return _said(key)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return "_".join(map(_name, parts))
    return ""


def _said(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
