from fastapi import APIRouter

from app.deps import CurrentUser

router = APIRouter(prefix="/boats")
boats: dict[int, str] = {}


@router.get("/")
def boats_of(user: CurrentUser) -> list[str]:
    return list(boats.values())


@router.get("/{boat_id}")
def boat(user: CurrentUser, boat_id: int) -> str:
    return boats[boat_id]


@router.post("/")
def add_boat(user: CurrentUser, name: str) -> int:
    boats[len(boats)] = name
    return len(boats)


@router.put("/{boat_id}")
def rename_boat(user: CurrentUser, boat_id: int, name: str) -> None:
    boats[boat_id] = name


@router.delete("/{boat_id}")
def sink_boat(boat_id: int) -> None:
    del boats[boat_id]
