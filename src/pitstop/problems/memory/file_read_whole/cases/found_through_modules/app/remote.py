from pathlib import Path
from urllib import request


def save(url: str, path: Path) -> None:
    with request.urlopen(url, timeout=30) as answer:
        with open(path, "wb") as file:
            file.write(answer.read())
