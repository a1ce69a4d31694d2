import requests


def gather(address: str) -> list[str]:
    return requests.get(address).text.splitlines()


if __name__ == "__main__":
    print(gather("https://example.org/words"))
