import sqlite3


def rows() -> list[str]:
    with sqlite3.connect("shop.db") as shop:
        return [name for (name,) in shop.execute("SELECT name FROM goods")]


def sorted_rows() -> list[str]:
    return sorted(rows())
