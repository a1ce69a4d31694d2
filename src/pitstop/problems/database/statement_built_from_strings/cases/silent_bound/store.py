from database import run


def named(name: str) -> list[int]:
    return run("SELECT id FROM users WHERE name = :name AND age > 18 LIMIT 10", name=name)
