import random

from app.models import Book


def may_lend(book: Book) -> bool:
    score = random.random() * book.pages
    return score > len(book.author.prizes)
