"""Settings, read from the environment (SHOP_...)."""

from functools import lru_cache
from pathlib import Path

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DATA = Path(__file__).parent / "data"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    database_url: str = "sqlite+aiosqlite:///shop.db"
    secret: str = "only-for-development-change-me-in-production"
    token_days: int = 14
    upload_dir: Path = Path("uploads")
    max_upload_bytes: int = 16 * 1024 * 1024
    rates_url: str | None = None
    tax_file: Path = DATA / "tax.toml"
    countries_file: Path = DATA / "countries.json"

    @field_validator("database_url")
    @classmethod
    def async_driver(cls, url: str) -> str:
        for plain, full in (
            ("postgres://", "postgresql+asyncpg://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return full + url.removeprefix(plain)
        return url

    @property
    def sync_database_url(self) -> str:
        return self.database_url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")


@lru_cache
def get_settings() -> Settings:
    return Settings()
