from functools import lru_cache
from pathlib import Path

import yaml
from fastapi import FastAPI

app = FastAPI()


@lru_cache
def rules() -> dict:
    return yaml.safe_load(Path("rules.yaml").read_text())


@app.get("/rules")
def every() -> dict:
    return rules()
