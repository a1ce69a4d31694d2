from cachetools import TTLCache

from app.models import Alarm

_last = TTLCache(maxsize=100, ttl=60)


def is_new(alarm: Alarm) -> bool:
    if alarm.room not in _last:
        _last[alarm.room] = alarm
        return True
    return (alarm.raised_at - _last[alarm.room].raised_at).seconds > 5
