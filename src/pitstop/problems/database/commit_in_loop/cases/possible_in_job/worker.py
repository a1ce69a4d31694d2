from celery import shared_task
from models import Player, get_session
from sqlalchemy import select


@shared_task
def nightly() -> None:
    session = get_session()
    players = session.scalars(select(Player)).all()
    for player in players:
        player.streak += 1
        session.add(player)
        session.commit()


@shared_task
def lost() -> int:
    session = get_session()
    return len(session.scalars(select(Player).where(Player.streak == 0)).all())
