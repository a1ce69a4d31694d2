KEPT: list[int] = []


async def weights() -> list[int]:
    if not KEPT:
        KEPT.extend(pow(number, 3, 97) for number in range(4_000_000))
    return KEPT
