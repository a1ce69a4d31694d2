def install(name: str) -> str:
    return load(name)


def load(name: str) -> str:
    with open(f"{name}.txt") as file:
        return file.read()
