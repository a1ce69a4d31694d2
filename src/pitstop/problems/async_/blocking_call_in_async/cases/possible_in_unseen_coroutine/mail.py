import smtplib

SIGNALS = {"ordered": []}


def listens(signal):
    def keep(function):
        SIGNALS[signal].append(function)
        return function

    return keep


@listens("ordered")
async def send_receipt() -> None:
    with smtplib.SMTP("localhost") as server:
        server.sendmail("shop@example.org", "ann@example.org", "paid")
    with open("receipts.log", "a") as log:
        log.write("sent\n")
