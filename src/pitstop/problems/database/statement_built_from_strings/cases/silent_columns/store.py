from database import run

COLUMNS = ["id", "name", "age", "rowid", "id + age"]


def named(name: str) -> list[int]:
    return run(f"SELECT id FROM users ORDER BY {COLUMNS['abcde'.index(name[0])]} LIMIT 10")
