import json
from pathlib import Path

import litellm
from fastapi import FastAPI

app = FastAPI()
FILE = Path("costs.json")


def add_costs() -> None:
    litellm.model_cost.update(json.loads(FILE.read_text()))


@app.get("/costs")
def costs() -> dict[str, object]:
    add_costs()
    return dict(litellm.model_cost)
