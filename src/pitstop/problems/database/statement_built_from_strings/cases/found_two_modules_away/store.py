from database import run


def named(name: str) -> list[int]:
    return run("SELECT id FROM users WHERE name = '{}' LIMIT 10".format(name))
