import json
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
FILE = Path("rates.json")
_rates: dict[str, int] | None = None


def read_rates() -> dict[str, int]:
    return json.loads(FILE.read_text())


@app.get("/rate")
def rate(code: str) -> int:
    global _rates
    if _rates is None:
        _rates = read_rates()
    return _rates[code]
