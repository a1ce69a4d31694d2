from database import run


def named(name: str) -> list[int]:
    kind = {"a": 1, "b": 2}.get(name[0], 3)
    return run(f"SELECT id FROM users WHERE age = {kind}")
