"""Text that a column's name asks for."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Text = Callable[[random.Random, int], str]
"""Makes the text of one row, from a generator and the row's number."""


def listed(text: str) -> list[str]:
    """Words that stand one after the other."""
    return text.split()


def several(text: str) -> frozenset[str]:
    """The set of some words."""
    return frozenset(text.split())


_FIRST = listed(
    "Ada Ben Chloe Daniel Elif Farid Grace Hugo Ines Jonas Keiko Liam Maya Noah Olga Priya Quentin Rosa Samir Tara"
)
_LAST = listed(
    "Adams Becker Costa Dubois Evans Fischer Garcia Haddad Ivanova Jensen Kim Lopez Meyer Novak Okafor Patel Rossi Sato"
)
_ADJECTIVES = listed(
    "amber bright calm deep early fair golden hollow late little long new open plain quiet rapid silver small"
)
_NOUNS = listed(
    "bridge canal desk engine field garden harbour island kettle lamp market notebook orchard path river station table"
)
_WORDS = listed(
    "the first order came on time and every part was there while we looked for another way to keep the old plan "
    "so that people who use it can see what has changed since last week without asking anyone for help"
)
_CITIES = listed(
    "Amsterdam Berlin Dakar Helsinki Kyoto Lima Lisbon Lyon Madrid Oslo Porto Quito Riga Seattle Toronto Warsaw"
)
_STREETS = ["Mill Lane", "Station Road", "High Street", "Park Avenue", "Church Street", "Garden Way"]

PASSWORD_HASH = "$2b$12$" + "C6UzMDM.H6dfI/f/IKcEe" + "O5fGkqQw1m3n7rT9vXbZdLhJpRsUwYa"
"""One for all rows: the hash of no password that anyone knows, in the form that bcrypt has."""

PEOPLE = several(
    "user users account accounts customer customers client clients member members person people employee employees "
    "author authors contact contacts patient patients student students teacher teachers profile profiles admin admins "
    "owner owners staff driver drivers guest guests candidate candidates doctor doctors"
)

CHOICES: dict[str, tuple[str, ...]] = {
    "status": ("active", "pending", "completed", "cancelled"),
    "state": ("active", "pending", "done"),
    "type": ("default", "standard", "other"),
    "kind": ("default", "standard", "other"),
    "category": ("general", "other", "special"),
    "role": ("user", "admin"),
    "priority": ("medium", "low", "high"),
    "severity": ("low", "medium", "high"),
    "level": ("info", "warning", "error"),
    "gender": ("female", "male", "other"),
    "sex": ("female", "male"),
    "plan": ("free", "basic", "pro"),
    "tier": ("free", "basic", "pro"),
    "method": ("GET", "POST"),
    "provider": ("local", "other"),
    "source": ("web", "api", "import"),
    "channel": ("web", "email"),
    "platform": ("web", "ios", "android"),
    "visibility": ("public", "private"),
    "scope": ("global", "local"),
    "mode": ("default", "manual"),
    "stage": ("new", "open", "closed"),
    "unit": ("pcs", "kg"),
    "environment": ("production", "staging"),
    "env": ("production", "staging"),
    "outcome": ("success", "failure"),
    "result": ("success", "failure"),
    "currency": ("EUR", "USD", "GBP", "JPY"),
    "language": ("en", "de", "fr", "es"),
    "lang": ("en", "de", "fr", "es"),
    "locale": ("en", "de", "fr", "es"),
    "timezone": ("UTC", "Europe/Berlin", "America/New_York"),
    "country": ("DE", "US", "FR", "JP", "BR"),
    "nationality": ("DE", "US", "FR", "JP", "BR"),
    "theme": ("light", "dark"),
    "mimetype": ("text/plain", "image/png", "application/pdf"),
    "format": ("json", "csv"),
    "extension": ("txt", "png", "pdf"),
}
"""Values of columns that hold one of few, by the last word of their name. The first is the most frequent."""


def parts(name: str) -> list[str]:
    """The words of a name, lower case: `createdAt` and `created_at` alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


def choices(name: str) -> tuple[str, ...] | None:
    """The few values that a column of this name would hold; None where it is no such column."""
    words = parts(name)
    if not words:
        return None
    if words[-2:] in (["mime", "type"], ["content", "type"], ["media", "type"]):
        return CHOICES["mimetype"]
    if words[-2:] == ["time", "zone"] or words[-1] == "tz":
        return CHOICES["timezone"]
    if words[-2:] == ["country", "code"]:
        return CHOICES["country"]
    if words[-2:] in (["currency", "code"], ["language", "code"]):
        return CHOICES[words[-2]]
    return CHOICES.get(words[-1])


def sentence(chance: random.Random, least: int, most: int) -> str:
    """A sentence of so many words."""
    start = chance.randrange(len(_WORDS))
    size = chance.randint(least, most)
    return " ".join(_WORDS[(start + step) % len(_WORDS)] for step in range(size)).capitalize()


def text(table: str, column: str) -> tuple[Text, bool]:
    """How to make text for a column, and whether it differs from row to row by itself."""
    words = parts(column)
    last = words[-1] if words else ""
    person = bool(PEOPLE & set(parts(table)))
    for names, make, distinct in _RULES:
        if last in names or (len(words) > 1 and "_".join(words[-2:]) in names):
            return make, distinct
    if last == "name" and (person or len(words) > 1 and words[-2] in ("full", "display", "user", *PEOPLE)):
        return (_login, True) if words[-2:-1] == ["user"] else (_full_name, False)
    if last in ("url", "uri", "link", "href", "website", "homepage", "image", "avatar", "photo", "picture", "icon", "logo",
                "thumbnail", "cover", "webhook", "endpoint"):  # fmt: skip
        folder = "-".join(parts(table)) or "items"
        return (lambda _chance, number: f"https://example.com/{folder}/{number}"), True
    return _phrase, False


def _full_name(chance: random.Random, _number: int) -> str:
    return f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"


def _login(chance: random.Random, number: int) -> str:
    return f"{chance.choice(_FIRST).lower()}{number}"


def _email(chance: random.Random, number: int) -> str:
    return f"{chance.choice(_FIRST).lower()}.{chance.choice(_LAST).lower()}{number}@example.com"


def _phrase(chance: random.Random, _number: int) -> str:
    return f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)}"


def _slug(chance: random.Random, number: int) -> str:
    return f"{chance.choice(_ADJECTIVES)}-{chance.choice(_NOUNS)}-{number}"


def _prose(chance: random.Random, _number: int) -> str:
    return ". ".join(sentence(chance, 6, 16) for _ in range(chance.randint(1, 3))) + "."


def _hexadecimal(chance: random.Random, _number: int) -> str:
    return f"{chance.getrandbits(128):032x}"


def _uuid(chance: random.Random, _number: int) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


_RULES: list[tuple[frozenset[str], Text, bool]] = [
    (several(names), make, differs)
    for names, make, differs in (
        ("email mail e_mail", _email, True),
        ("password hashed_password password_hash passwd pwd", lambda _c, _n: PASSWORD_HASH, False),
        ("first_name firstname given_name forename", lambda c, _n: c.choice(_FIRST), False),
        ("last_name lastname surname family_name", lambda c, _n: c.choice(_LAST), False),
        ("fullname", _full_name, False),
        ("username user_name login handle nickname nick", _login, True),
        ("title subject headline caption", lambda c, _n: sentence(c, 3, 6), False),
        ("description body content text comment comments note notes message bio about abstract summary", _prose, False),
        ("details reason feedback review answer question prompt transcription", _prose, False),
        ("slug alias permalink", _slug, True),
        ("path file filename file_name key_prefix", lambda _c, n: f"files/{n // 100}/{n}.txt", True),
        ("phone mobile fax telephone phone_number", lambda c, _n: f"+1202555{c.randrange(10_000):04d}", False),
        ("city town", lambda c, _n: c.choice(_CITIES), False),
        ("street address address1 line1", lambda c, _n: f"{c.randint(1, 250)} {c.choice(_STREETS)}", False),
        ("zip zipcode postcode zip_code postal_code post_code", lambda c, _n: f"{c.randrange(10_000, 100_000)}", False),
        ("color colour", lambda c, _n: f"#{c.randrange(1 << 24):06x}", False),
        ("token secret hash digest checksum sha256 md5 etag fingerprint api_key nonce salt signature session id", _hexadecimal, True),
        ("uuid guid", _uuid, True),
        ("ip ip_address ipaddress remote_addr", lambda c, _n: f"192.0.2.{c.randint(1, 254)}", False),
        ("host hostname domain fqdn", lambda _c, n: f"host{n}.example.com", True),
        ("user_agent useragent", lambda _c, _n: "Mozilla/5.0 (X11; Linux x86_64)", False),
        ("version", lambda c, _n: f"{c.randint(0, 3)}.{c.randint(0, 9)}.{c.randint(0, 9)}", False),
        ("code sku reference ref number", lambda c, n: f"{c.choice('ABCDEFGH')}{c.choice('KLMNPRST')}-{n:06d}", True),
        ("latitude lat", lambda c, _n: f"{c.uniform(-60, 70):.5f}", False),
        ("longitude lng lon", lambda c, _n: f"{c.uniform(-180, 180):.5f}", False),
        ("company organization organisation", lambda c, _n: f"{c.choice(_LAST)} {c.choice(('Ltd', 'GmbH', 'Inc'))}", False),
        ("time hour", lambda c, _n: f"{c.randint(0, 23):02d}:{c.choice(('00', '15', '30', '45'))}", False),
        ("json", lambda _c, _n: "{}", False),
        ("date day", lambda c, _n: f"2025-{c.randint(1, 12):02d}-{c.randint(1, 28):02d}", False),
    )
]  # fmt: skip


def distinct(make: Text, differs: bool, length: int | None) -> Text:
    """Text of which no two rows have the same, within `length` characters."""

    def numbered(chance: random.Random, number: int) -> str:
        whole = make(chance, number)
        if differs and (length is None or len(whole) <= length):
            return whole
        tail = base36(number)
        if length is not None and len(tail) >= length:
            return tail[-length:].rjust(length, "0")
        if "@" in whole:
            return f"u{tail}@example.com"[:length]
        room = None if length is None else max(0, length - len(tail) - 1)
        return f"{whole[:room]}-{tail}" if room is None or room > 0 else tail

    return numbered


def base36(number: int) -> str:
    """A number in as few letters and digits as there can be, lower case."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while number or not found:
        number, rest = divmod(number, 36)
        found = digits[rest] + found
    return found
