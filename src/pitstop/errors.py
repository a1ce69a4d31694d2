"""What pitstop says when it cannot go on. Raised anywhere, caught once, in `cli`."""


class PitstopError(Exception):
    """A failure a person can act on: what happened, and what to do next.

    `exit_code` follows the house rule: 2 wrong usage, 3 the target cannot be used, 4 pitstop's own fault.
    """

    exit_code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PitstopError):
    """The command, its options or the settings are wrong."""

    exit_code = 2


class TargetError(PitstopError):
    """The service, its interpreter, tests or database cannot be used."""

    exit_code = 3


class OvertimeError(TargetError):
    """The service was still at it when its time was up."""


class UnsafeDatabaseError(TargetError):
    """The database at hand is not a copy, and nobody said that it may be changed."""


class PatchError(PitstopError):
    """An edit does not fit the text it was made for."""
