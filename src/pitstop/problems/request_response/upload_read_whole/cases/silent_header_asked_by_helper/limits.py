from fastapi import Request


def body_size(request: Request) -> int:
    return int(request.headers.get("content-length", 0))
