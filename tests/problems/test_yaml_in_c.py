"""`yaml-parsed-in-python`: every way to ask for a loader, and what keeps the one in C away."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import patched, reason, write

YAML = "yaml-parsed-in-python"
SERVICE = """\
{imports}
from fastapi import FastAPI, HTTPException, Request

app = FastAPI()


@app.post("/rules")
async def rules(request: Request) -> int:
    body = await request.body()
    {body}
"""


def service(root: Path, body: str, imports: str = "import yaml") -> Path:
    return write(root, {"main.py": SERVICE.format(imports=imports, body=body)})


@pytest.mark.parametrize(
    ("imports", "read", "imported", "after"),
    [
        ("import yaml", "yaml.safe_load(body)", "import yaml", "yaml.load(body, Loader=yaml.CSafeLoader)"),
        (
            "import yaml as y",
            "y.full_load_all(stream=body)",
            "import yaml as y",
            "y.load_all(stream=body, Loader=y.CFullLoader)",
        ),
        ("import yaml", "yaml.load(body, yaml.FullLoader)", "import yaml", "yaml.load(body, yaml.CFullLoader)"),
        (
            "from yaml import safe_load",
            "safe_load(body)",
            "from yaml import CSafeLoader, load",
            "load(body, Loader=CSafeLoader)",
        ),
        (
            "import yaml\nfrom yaml import SafeLoader",
            "yaml.load(body, Loader=SafeLoader)",
            "import yaml",
            "yaml.load(body, Loader=yaml.CSafeLoader)",
        ),
        (
            "from yaml import SafeLoader, load",
            "load(body, Loader=SafeLoader)",
            "from yaml import CSafeLoader, load",
            "load(body, Loader=CSafeLoader)",
        ),
    ],
)  # fmt: skip
def test_the_loader_in_c_reads_it(tmp_path: Path, imports: str, read: str, imported: str, after: str) -> None:
    root = service(tmp_path, f"return len({read})", imports)
    patched(root, YAML)
    assert (root / "main.py").read_text() == SERVICE.format(imports=imported, body=f"return len({after})")


def test_all_places_change_together(tmp_path: Path) -> None:
    root = service(tmp_path, "return len(yaml.safe_load(body)) + len(yaml.safe_load(body))  # both of them")
    diff = patched(root, YAML)
    assert diff.count("Loader=yaml.CSafeLoader") == 2
    assert "# both of them" in diff


TRY = "try:\n        return len(yaml.safe_load(body))\n    except yaml.YAMLError{named}:\n        {told}"


def test_mistakes_that_are_told_in_own_words_may_be_found_by_either(tmp_path: Path) -> None:
    root = service(tmp_path, TRY.format(named="", told='raise HTTPException(400, "no YAML")'))
    assert "CSafeLoader" in patched(root, YAML)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (TRY.format(named=" as error", told="raise HTTPException(400, str(error))"), "in the loader's words"),
        (
            'yaml.SafeLoader.add_constructor("!env", None)\n    return len(yaml.safe_load(body))',
            "main.py teaches its loaders with `add_constructor`",
        ),
    ],
)
def test_what_would_read_otherwise_is_declined(tmp_path: Path, body: str, words: str) -> None:
    assert words in reason(service(tmp_path, body), YAML)
