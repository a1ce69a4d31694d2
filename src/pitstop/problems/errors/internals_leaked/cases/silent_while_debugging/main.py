from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()
DEBUG = False


@app.exception_handler(Exception)
async def failed(request: Request, error: Exception) -> JSONResponse:
    if DEBUG:
        return JSONResponse({"error": str(error)}, status_code=500)
    return JSONResponse({"error": "something went wrong"}, status_code=500)
