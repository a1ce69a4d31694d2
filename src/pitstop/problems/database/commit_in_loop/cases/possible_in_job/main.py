from fastapi import Depends, FastAPI
from models import Player, get_session
from sqlalchemy.orm import Session

app = FastAPI()


@app.post("/players")
def sign_up(name: str, session: Session = Depends(get_session)) -> int:
    player = Player(name=name)
    session.add(player)
    session.commit()
    return player.id
