import smtplib


class Mailer:
    def send(self, to: str) -> None:
        with smtplib.SMTP("mail.example", timeout=10) as server:
            server.sendmail("shop@shop.example", to, "welcome")
