from app.models import Tree
from sqlalchemy import func, select
from sqlalchemy.orm import Session


def tree_by_id(session: Session, tree_id: int) -> Tree:
    count = session.execute(select(func.count(Tree.id)).where(Tree.id == tree_id)).scalar_one()
    found = session.execute(select(Tree).where(Tree.id == tree_id)).scalar_one_or_none()
    return found or Tree(kind=str(count))
