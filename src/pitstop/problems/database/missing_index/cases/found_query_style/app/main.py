from fastapi import FastAPI

from app.database import SessionDep
from app.models import Pet

app = FastAPI()


@app.get("/owners/{owner_id}/pets")
def pets(owner_id: int, session: SessionDep) -> list[int]:
    return [pet.id for pet in session.query(Pet).filter(Pet.owner_id == owner_id).all()]
