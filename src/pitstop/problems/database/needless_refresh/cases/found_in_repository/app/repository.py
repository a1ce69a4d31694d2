from sqlalchemy.orm import Session

from app.models import Vote


class Votes:
    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, value: int) -> None:
        row = Vote(value=value)
        self.session.add(row)
        self.session.commit()
        self.session.refresh(row)
