from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def session() -> Session: ...


@app.post("/import")
def imports(items: list[str], db: Session = Depends(session)) -> None:
    for item in items:
        db.add(item)
    db.flush()
