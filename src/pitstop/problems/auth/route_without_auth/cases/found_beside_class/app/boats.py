from fastapi import APIRouter, Depends

from app.deps import current_user
from app.views import cbv

router = APIRouter(prefix="/boats")


class Guarded:
    user: str = Depends(current_user)


@cbv(router)
class Boats(Guarded):
    @router.get("/")
    def boats(self) -> list[str]:
        return []

    @router.post("/")
    def add_boat(self, name: str) -> str:
        return name

    @router.put("/{boat_id}")
    def rename_boat(self, boat_id: int, name: str) -> str:
        return name

    @router.patch("/{boat_id}")
    def paint_boat(self, boat_id: int, colour: str) -> str:
        return colour


@cbv(router)
class Wrecks:
    @router.delete("/{boat_id}")
    def sink_boat(self, boat_id: int) -> int:
        return boat_id
