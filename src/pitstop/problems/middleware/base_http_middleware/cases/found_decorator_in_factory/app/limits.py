from fastapi import FastAPI, Request, Response


async def limit_body(request: Request, call_next) -> Response:
    if int(request.headers.get("content-length", 0)) > 1_000_000:
        return Response(status_code=413)
    return await call_next(request)


def install_limits(app: FastAPI) -> None:
    app.middleware("http")(limit_body)
