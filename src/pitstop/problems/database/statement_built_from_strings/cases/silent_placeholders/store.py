from database import run


def named(name: str) -> list[int]:
    marks = ", ".join(f":name{number}" for number in range(len(name)))
    values = {f"name{number}": letter for number, letter in enumerate(name)}
    return run(f"SELECT id FROM users WHERE name IN ({marks})", **values)
