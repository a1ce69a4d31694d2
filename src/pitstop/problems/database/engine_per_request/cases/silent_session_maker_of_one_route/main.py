from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

app = FastAPI()
engine = create_engine("postgresql://db/shop")


@app.post("/import")
def imports() -> None:
    with sessionmaker(engine)() as session:
        session.execute(text("CALL import_orders()"))
