from collections.abc import Callable


def retry(function: Callable) -> Callable:
    async def again(*args: object) -> object:
        for _ in range(3):
            try:
                return await function(*args)
            except OSError:
                continue
        return await function(*args)

    return again
