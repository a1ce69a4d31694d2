"""`settings-built-per-request`: where the one object comes from, and where there must not be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

SETTINGS = "settings-built-per-request"
MAIN = """\
from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

app = FastAPI()


class ShopSettings(BaseSettings):
    currency: str = "EUR"


# what a shop counts in
@app.get("/currency")
async def currency() -> str:
    settings = ShopSettings()
    return settings.currency
"""


def test_a_getter_is_made_below_the_class(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, SETTINGS)
    text = (root / "main.py").read_text()
    assert (
        "@lru_cache\ndef get_shop_settings() -> ShopSettings:\n    return ShopSettings()\n\n\n# what a"
        in text
    )
    assert "    settings = get_shop_settings()\n" in text
    assert is_formatted(root, ["main.py"])


def test_a_getter_that_is_there_is_used(tmp_path: Path) -> None:
    given = "import functools\n\nfrom settings import ShopSettings\n\n\n@functools.cache\ndef shop() -> ShopSettings:\n    return ShopSettings()\n"
    settings = 'from pydantic_settings import BaseSettings\n\n\nclass ShopSettings(BaseSettings):\n    currency: str = "EUR"\n'
    main = MAIN.replace('class ShopSettings(BaseSettings):\n    currency: str = "EUR"\n\n\n', "")
    main = main.replace(
        "from pydantic_settings import BaseSettings\n",
        "\nfrom given import shop\nfrom settings import ShopSettings\n",
    )
    main += "\n\n@app.get('/other')\nasync def other() -> str:\n    return shop().currency\n"
    root = write(tmp_path, {"main.py": main, "given.py": given, "settings.py": settings})
    patched(root, SETTINGS)
    assert "    settings = shop()\n" in (root / "main.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    return settings.currency", "    settings.currency += '!'\n    return settings.currency", "changes the settings"),
        ("# what a", "def tests():\n    app.dependency_overrides[ShopSettings] = dict\n\n\n# what a", "dependency_overrides"),
        ("# what a", "def get_shop_settings():\n    pass\n\n\n# what a", "something else already"),
        ("    settings =", "    settings = ShopSettings()\n    settings =", "several places"),
        (
            "    settings = ShopSettings()\n    return settings.currency",
            "    return (await given()).currency\n\n\nasync def given() -> ShopSettings:\n    return ShopSettings()",
            "coroutine function",
        ),
        (
            "    settings = ShopSettings()\n    return settings.currency",
            "    return given(1).currency\n\n\ndef given(shop: int) -> ShopSettings:\n    return ShopSettings()",
            "takes parameters",
        ),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    root = write(tmp_path, {"main.py": MAIN.replace(old, new, 1)})
    assert words in reason(root, SETTINGS)
