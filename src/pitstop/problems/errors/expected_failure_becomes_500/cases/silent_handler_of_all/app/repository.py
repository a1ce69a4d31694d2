from app.models import Tree
from sqlalchemy import select
from sqlalchemy.orm import Session


def tree_by_id(session: Session, tree_id: int) -> Tree:
    found = session.execute(select(Tree).where(Tree.id == tree_id))
    return found.scalar_one()
