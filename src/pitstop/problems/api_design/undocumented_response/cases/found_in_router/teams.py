from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

router = APIRouter(prefix="/teams")


async def team(name: str) -> str:
    raise HTTPException(404, f"no team {name}")


@router.get("/{name}")
async def show(found: Annotated[str, Depends(team)]) -> str:
    return found


@router.get("/{name}/members")
async def members(found: Annotated[str, Depends(team)]) -> str:
    return found


@router.delete("/{name}")
async def delete(found: Annotated[str, Depends(team)]) -> str:
    return found
