"""Who asks, for which tenant, and what that role may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from billing.models import Audit, Member, now, session

RANKS = {"viewer": 0, "editor": 1, "owner": 2}
LIMITS = {"free": 3, "team": 10}
Database = Annotated[Session, Depends(session)]


def member(db: Database, authorization: Annotated[str, Header()] = "") -> Member:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise HTTPException(401, "no key", headers={"WWW-Authenticate": "Bearer"})
    found = db.scalar(select(Member).where(Member.key == key).options(joinedload(Member.tenant)))
    if found is None:
        raise HTTPException(401, "unknown key", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return found


class Needs:
    """A member of at least this role."""

    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, who: Annotated[Member, Depends(member)]) -> Member:
        if RANKS[who.role] < RANKS[self.role]:
            raise HTTPException(403, {"error": "role", "needs": self.role, "has": who.role})
        return who


Viewer = Annotated[Member, Depends(Needs("viewer"))]
Editor = Annotated[Member, Depends(Needs("editor"))]
Owner = Annotated[Member, Depends(Needs("owner"))]


def audit(db: Session, who: Member, action: str, **details: object) -> None:
    db.add(Audit(tenant_id=who.tenant_id, member_id=who.id, action=action, details=details, at=now()))
