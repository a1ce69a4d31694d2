jobs: dict[str, str] = {}


def remember(name: str, state: str) -> None:
    jobs[name] = state.upper()


def state_of(name: str) -> str:
    return jobs[name]
