from . import config


class Mailer:
    def send(self, text: str) -> str:
        settings = config.MailSettings()
        return f"{settings.host}: {text}"
