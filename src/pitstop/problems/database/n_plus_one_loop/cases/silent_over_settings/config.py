from pydantic_settings import BaseSettings
from decouple import config


class Settings(BaseSettings):
    late_days: list[int] = [7, 14]


settings = Settings()
NOTICE_DAYS = config("NOTICE_DAYS", default="3", cast=lambda text: [int(day) for day in text.split(",")])
