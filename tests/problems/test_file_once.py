"""`settings-built-per-request`, of a file that stays the same: where its reader gets a cache, and where it must not have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

SETTINGS = "settings-built-per-request"
MAIN = """\
import json
from dataclasses import dataclass
from pathlib import Path

from fastapi import Depends, FastAPI

app = FastAPI()
FILE = Path(__file__).parent / "rates.json"


@dataclass
class Rates:
    by_code: dict[str, int]

    @classmethod
    def of(cls, path: Path) -> "Rates":
        return cls(json.loads(path.read_text()))


def rates() -> Rates:
    return Rates.of(FILE)


@app.get("/rate")
async def rate(code: str, table: Rates = Depends(rates)) -> int:
    return table.by_code[code]
"""
PLAIN = """\
import json
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
FILE = Path("rates.json")


def read_rates():
    with open(FILE) as file:
        return json.load(file)


@app.get("/rate")
def rate(code: str):
    return read_rates()[code]
"""


def test_a_class_method_keeps_what_it_read_below_its_own_decorator(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, SETTINGS)
    text = (root / "main.py").read_text()
    assert "    @classmethod\n    @lru_cache\n    def of(cls" in text
    assert "from dataclasses import dataclass\nfrom functools import lru_cache\n" in text
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    "looks",
    [
        "    return read_rates()[code]",
        "    found = read_rates()\n    return found.get(code)",
        "    return sorted(read_rates())",
        "    return read_rates()",
        "    known = read_rates()\n    if code in known:\n        return {'code': code, 'rate': known[code]}\n    return None",
    ],
)
def test_a_dictionary_that_is_only_looked_at_is_kept(tmp_path: Path, looks: str) -> None:
    root = write(tmp_path, {"main.py": PLAIN.replace("    return read_rates()[code]", looks)})
    patched(root, SETTINGS)
    assert "@lru_cache\ndef read_rates():" in (root / "main.py").read_text()


@pytest.mark.parametrize(
    "use",
    [
        "    found = read_rates()\n    found['asked'] = code\n    return found",
        "    found = read_rates()\n    found.setdefault(code, 0)\n    return found",
        "    found = read_rates()\n    del found[code]\n    return found",
        "    found = read_rates()\n    for each in found['all']:\n        each['seen'] = True\n    return found",
        "    found = read_rates()\n    return shown(found)",
        "    found = read_rates()\n    found['all'].sort()\n    return found",
        "    other = found = read_rates()\n    other['asked'] = code\n    return found",
    ],
)
def test_what_may_be_changed_is_read_anew(tmp_path: Path, use: str) -> None:
    root = write(tmp_path, {"main.py": PLAIN.replace("    return read_rates()[code]", use)})
    assert "could be changed by who gets it in `rate`" in reason(root, SETTINGS)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            "\n\ndef forget(rates: Rates) -> None:\n    rates.by_code.clear()\n",
            "`forget` changes what was read",
        ),
        (
            "\n\ndef raised(rates: Rates) -> None:\n    rates.by_code['a'] += 1\n",
            "`raised` changes what was read",
        ),
        ("\n\ndef other(rates: Rates) -> None:\n    rates.by_code = {}\n", "`other` changes what was read"),
    ],
)
def test_an_object_that_something_changes_is_made_anew(tmp_path: Path, more: str, words: str) -> None:
    root = write(tmp_path, {"main.py": MAIN + more})
    assert words in reason(root, SETTINGS)


def test_an_object_that_changes_itself_is_made_anew(tmp_path: Path) -> None:
    method = "    def of_code(self, code: str) -> int:\n        return self.by_code.setdefault(code, 0)\n\n    @classmethod\n"
    root = write(tmp_path, {"main.py": MAIN.replace("    @classmethod\n", method)})
    assert "`of_code` changes its object" in reason(root, SETTINGS)


def test_a_method_of_an_object_gets_no_cache(tmp_path: Path) -> None:
    reader = "class Reader:\n    def rates(self):\n        with open(FILE) as file:\n            return json.load(file)\n\n\nreader = Reader()"
    old = "def read_rates():\n    with open(FILE) as file:\n        return json.load(file)"
    text = PLAIN.replace(old, reader).replace("read_rates()", "reader.rates()")
    root = write(tmp_path, {"main.py": text})
    assert "belongs to an object" in reason(root, SETTINGS)
