"""What statements in migrations say of indexes, as patterns of their text."""

from __future__ import annotations

import re

CREATE = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?([\w\"`.]+)\s+ON\s+(?:ONLY\s+)?([\w\"`.]+)\s*"
    r"(?:USING\s+\w+\s*)?\((.*?)\)\s*(?:;|$|WHERE|WITH|INCLUDE|TABLESPACE)",
    re.IGNORECASE | re.DOTALL,
)
DROP = re.compile(r"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?([\w\"`.]+)", re.IGNORECASE)
RENAME_INDEX = re.compile(
    r"ALTER\s+INDEX\s+(?:IF\s+EXISTS\s+)?([\w\"`.]+)\s+RENAME\s+TO\s+([\w\"`.]+)", re.IGNORECASE
)
RENAME_TABLE = re.compile(
    r"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?([\w\"`.]+)\s+RENAME\s+TO\s+([\w\"`.]+)", re.IGNORECASE
)
RENAME_COLUMN = re.compile(
    r"ALTER\s+TABLE\s+([\w\"`.]+)\s+RENAME\s+COLUMN\s+([\w\"`.]+)\s+TO\s+([\w\"`.]+)", re.IGNORECASE
)
PLAIN = re.compile(r"^[\"`]?(\w+)[\"`]?(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?$", re.IGNORECASE)
