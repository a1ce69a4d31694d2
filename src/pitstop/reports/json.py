"""The report as JSON, for programs: exactly `data.Report`, described by docs/schema/report.schema.json."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pitstop.data import Report


def render(report: Report) -> str:
    """The report as indented JSON that ends with a line break."""
    return written(report)


def written(value: object) -> str:
    """Any value as indented JSON that ends with a line break."""
    return msgspec.json.format(encoded(value), indent=2).decode() + "\n"


def encoded(value: object) -> bytes:
    """Any value as JSON without white space."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # a file's name that is not UTF-8
        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `render` writes, made from the types."""
    described = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pitstop report",
        "description": "What `pitstop --format json` writes. Paths are relative to the project's root; lines and columns start at 1.",
        **described,
    }
