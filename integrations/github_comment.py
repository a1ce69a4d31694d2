"""Writes a report as a comment on a pull request, in the place of the one it wrote before: `github_comment.py FILE`.

Which pull request, where and with what token is said by the variables that GitHub's runner and `action.yml` set.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

_A_PAGE = 100
_MOST_PAGES = 30


def main(file: str) -> int:
    """Write the comment; 0 if that worked. Raises URLError where GitHub cannot be reached or refuses."""
    text = Path(file).read_text("utf-8")
    mark = text.partition("\n")[0]
    issues = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    comments = f"{issues}/{os.environ['PITSTOP_PULL_REQUEST']}/comments"
    for page in range(1, _MOST_PAGES + 1):
        found = _ask("GET", f"{comments}?per_page={_A_PAGE}&page={page}")
        for each in found:
            if str(each.get("body", "")).startswith(mark):
                _ask("PATCH", f"{issues}/comments/{each['id']}", {"body": text})
                return 0
        if len(found) < _A_PAGE:
            break
    _ask("POST", comments, {"body": text})
    return 0


def _ask(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        os.environ["GITHUB_API_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['PITSTOP_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
