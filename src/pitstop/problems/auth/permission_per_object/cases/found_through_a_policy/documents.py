from store import shared


class DocumentPolicy:
    def __init__(self, person: int) -> None:
        self.person = person

    def decide(self, document: int) -> bool:
        return shared(self.person, document)


def readable(person: int) -> list[int]:
    policy = DocumentPolicy(person)
    found = []
    for number in range(8):
        if policy.decide(number):
            found.append(number)
    return found
