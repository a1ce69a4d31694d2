"""What can go wrong, with the status it answers."""


class ShopError(Exception):
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ShopError):
    status = 404


class Conflict(ShopError):
    status = 409


class Forbidden(ShopError):
    status = 403


class TooLarge(ShopError):
    status = 413
