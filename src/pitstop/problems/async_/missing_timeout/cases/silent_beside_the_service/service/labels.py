def of(word: str) -> str:
    return word.title()
