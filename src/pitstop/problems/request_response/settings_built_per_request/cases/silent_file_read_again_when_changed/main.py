import json
import os
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
FILE = Path("flags.json")


def read_flags() -> dict[str, object]:
    return {"changed": os.stat(FILE).st_mtime, "flags": json.loads(FILE.read_text())}


@app.get("/flags")
def flags() -> dict[str, object]:
    return read_flags()
