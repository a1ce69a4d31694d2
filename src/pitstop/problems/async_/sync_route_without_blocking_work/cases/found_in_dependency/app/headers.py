from fastapi import Header, HTTPException, Request


def tenant(x_tenant: str = Header("")) -> str:
    if not x_tenant:
        raise HTTPException(status_code=400, detail="X-Tenant is missing")
    return x_tenant.strip().lower()


def pool(request: Request):
    return request.app.state.pool
