def run(name: str) -> str:
    with open(f"{name}.txt") as file:
        return file.read()


def stored() -> str:
    return run("all")
