from collections.abc import Callable

from fastapi import APIRouter


def cbv(router: APIRouter) -> Callable[[type], type]:
    return lambda view: view
