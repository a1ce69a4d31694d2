from sqlalchemy.orm import Session

from app.models import Alarm

_known: dict[int, Alarm] = {}


def known(session: Session, alarm_id: int) -> Alarm:
    if alarm_id not in _known:
        alarm = session.get_one(Alarm, alarm_id)
        session.expunge(alarm)
        _known[alarm_id] = alarm
    return _known[alarm_id]
