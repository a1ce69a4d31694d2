from sqlalchemy import Select


def page(statement: Select, offset: int, size: int = 50) -> Select:
    return statement.offset(offset).limit(size)
