from fastapi import APIRouter

from . import items, special

api = APIRouter(prefix="/api")
api.include_router(items.router)
api.include_router(special.router, prefix="/items")
