async def by_user(request, call_next):
    return await call_next(request)


async def by_address(request, call_next):
    return await call_next(request)
