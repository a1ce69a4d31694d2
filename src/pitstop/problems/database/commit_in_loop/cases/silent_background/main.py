from fastapi import BackgroundTasks, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def load(items: list[str], db: Session) -> None:
    for item in items:
        db.add(item)
        db.commit()


@app.post("/import")
def imports(items: list[str], background: BackgroundTasks) -> None:
    background.add_task(load, items, Session())
