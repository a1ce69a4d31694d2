from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm

from shop.dependencies import CurrentUser, SettingsDep
from shop.models import User
from shop.schemas import PasswordChange, Registration, Token, UserOut
from shop.security import create_token
from shop.services.users import UserService

router = APIRouter(prefix="/auth", tags=["auth"])
Users = Annotated[UserService, Depends()]


@router.post("/register", response_model=UserOut, status_code=201)
async def register(data: Registration, users: Users) -> User:
    return await users.register(data)


@router.post("/login")
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], users: Users, settings: SettingsDep
) -> Token:
    user = await users.authenticate(form.username, form.password)
    if user is None:
        raise HTTPException(401, "Wrong e-mail address or password")
    return Token(access_token=create_token(user.id, settings.secret, settings.token_days))


@router.post("/refresh")
async def refresh(user: CurrentUser, settings: SettingsDep) -> Token:
    return Token(access_token=create_token(user.id, settings.secret, settings.token_days))


@router.post("/password", status_code=204)
async def change_password(data: PasswordChange, user: CurrentUser, users: Users) -> None:
    await users.change_password(user, data.current, data.new)
