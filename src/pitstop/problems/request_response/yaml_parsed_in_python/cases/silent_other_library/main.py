import json

from fastapi import FastAPI
from ruamel.yaml import YAML

app = FastAPI()
yaml = YAML(typ="safe")


@app.post("/one")
def one(text: str) -> dict:
    return yaml.load(text)


@app.post("/two")
def two(text: str) -> dict:
    return json.loads(text)
