import requests


def fill() -> None:
    requests.post("http://localhost:8000/items", json={"name": "one"})


fill()
