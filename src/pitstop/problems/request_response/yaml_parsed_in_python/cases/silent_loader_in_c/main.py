import yaml
from fastapi import FastAPI

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader

app = FastAPI()


@app.post("/one")
def one(text: str) -> dict:
    return yaml.load(text, Loader=yaml.CSafeLoader)


@app.post("/two")
def two(text: str) -> dict:
    return yaml.load(text, Loader=Loader)
