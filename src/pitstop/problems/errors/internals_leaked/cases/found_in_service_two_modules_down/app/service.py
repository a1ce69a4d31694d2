from sqlalchemy.exc import SQLAlchemyError

from .errors import Failed


class Reports:
    def report(self) -> str:
        try:
            return self.rows()
        except SQLAlchemyError as error:
            raise Failed(f"no report: {error}") from error

    def rows(self) -> str:
        return "rows"
