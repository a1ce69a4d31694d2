from app.repository import tree_by_id
from sqlalchemy.orm import Session


def kind_of(session: Session, key: int) -> str:
    return tree_by_id(session, key).kind
