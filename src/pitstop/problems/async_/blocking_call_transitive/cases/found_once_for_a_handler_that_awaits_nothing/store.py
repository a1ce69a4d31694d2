import requests


def fetch(name: str) -> str:
    return requests.get(f"https://old.example/{name}", timeout=5).text


def publish(name: str, text: str) -> None:
    requests.put(f"https://new.example/{name}", data=text, timeout=5)
