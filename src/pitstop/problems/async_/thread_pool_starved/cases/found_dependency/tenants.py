import time


def tenant() -> str:
    time.sleep(0.06)
    return "t"
