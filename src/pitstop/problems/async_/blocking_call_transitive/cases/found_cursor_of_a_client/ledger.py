import psycopg2


class Ledger:
    connection = None
    cursor = None

    def __init__(self) -> None:
        self.connection = psycopg2.connect("dbname=ledger")

    def __enter__(self):
        self.cursor = self.connection.cursor()
        return self.cursor

    def __exit__(self, *args) -> None:
        self.connection.commit()


def balance(account: int) -> int:
    with Ledger() as rows:
        rows.execute("select sum(amount) from entries where account = %s", (account,))
        return rows.fetchone()[0]
