from typing import BinaryIO


class Store:
    def add(self, source: BinaryIO, name: str) -> None:
        with open(f"/srv/kept/{name}", "wb") as target:
            target.write(source.read())
