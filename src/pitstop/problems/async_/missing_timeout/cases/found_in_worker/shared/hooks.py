import requests


def tell(number: int) -> None:
    requests.post("https://example.org/hooks", json={"order": number})
