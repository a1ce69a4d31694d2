from app.shelf import Shelf
from app.database import SessionDep


class Library:
    def __init__(self, session: SessionDep) -> None:
        self.shelf = Shelf(session)

    def answer(self):
        return sum(book.pages for book in self.shelf.books())
