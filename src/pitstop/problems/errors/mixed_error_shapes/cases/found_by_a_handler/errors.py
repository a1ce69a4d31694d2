from fastapi import Request
from fastapi.responses import JSONResponse


class Missing(Exception):
    pass


async def missing(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"success": False, "message": str(error)}, status_code=404)
