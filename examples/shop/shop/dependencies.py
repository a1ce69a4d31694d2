"""What routes ask for."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, HTTPException, Query, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, Field

from shop.models import User
from shop.repositories.users import UserRepository
from shop.security import InvalidToken, read_token
from shop.settings import Settings
from shop.tax import TaxTable

oauth2 = OAuth2PasswordBearer(tokenUrl="/auth/login")


async def app_settings(request: Request) -> Settings:
    return request.app.state.settings


SettingsDep = Annotated[Settings, Depends(app_settings)]


async def rates_url(request: Request) -> str:
    return request.app.state.rates_url


RatesUrl = Annotated[str, Depends(rates_url)]


async def http_client(request: Request) -> httpx.AsyncClient:
    return request.app.state.http


HttpClient = Annotated[httpx.AsyncClient, Depends(http_client)]


async def carrier_client(base_url: RatesUrl) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url, timeout=5.0) as client:
        yield client


CarrierClient = Annotated[httpx.AsyncClient, Depends(carrier_client)]


async def tax_table(settings: SettingsDep) -> TaxTable:
    return TaxTable.from_file(settings.tax_file)


Taxes = Annotated[TaxTable, Depends(tax_table)]


async def countries(request: Request) -> dict[str, str]:
    return request.app.state.countries


Countries = Annotated[dict[str, str], Depends(countries)]


async def current_user(
    token: Annotated[str, Depends(oauth2)],
    settings: SettingsDep,
    users: Annotated[UserRepository, Depends()],
) -> User:
    try:
        user = await users.get(read_token(token, settings.secret))
    except InvalidToken:
        user = None
    if user is None:
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def admin_user(user: CurrentUser) -> User:
    if not user.is_admin:
        raise HTTPException(403, "Admins only")
    return user


AdminUser = Annotated[User, Depends(admin_user)]


class PageParams(BaseModel):
    page: int = Field(default=1, ge=1)
    size: int = Field(default=30, ge=1, le=100)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


Page = Annotated[PageParams, Query()]
