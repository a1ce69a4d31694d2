import logging

log = logging.getLogger(__name__)


def say(number: int) -> None:
    log.warning("price %s is old", number)
