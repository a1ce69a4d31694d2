from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def session() -> Session: ...


def save(item: str, db: Session, commit: bool = False) -> None:
    db.add(item)
    if commit:
        db.commit()


@app.post("/import")
def imports(items: list[str], db: Session = Depends(session)) -> None:
    for item in items:
        save(item, db)
    db.commit()
