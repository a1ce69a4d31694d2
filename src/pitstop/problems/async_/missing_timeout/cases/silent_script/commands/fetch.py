import requests


def fetch() -> str:
    return requests.get("https://texts.example/terms").text
