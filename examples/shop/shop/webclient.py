"""Small JSON client for partners that offer nothing better than GET."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class PartnerUnavailable(Exception):
    pass


def fetch_json(url: str, timeout: float = 5.0, **params: str | int) -> Any:
    if params:
        url = f"{url}?{urllib.parse.urlencode(params)}"
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.URLError as error:
        raise PartnerUnavailable(str(error)) from error
