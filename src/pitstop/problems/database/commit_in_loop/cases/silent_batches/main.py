from itertools import batched

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def session() -> Session: ...


@app.post("/import")
def imports(items: list[str], db: Session = Depends(session)) -> None:
    for chunk in batched(items, 1000):
        db.add_all(chunk)
        db.commit()
