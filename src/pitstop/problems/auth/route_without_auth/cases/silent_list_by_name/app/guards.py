from fastapi import Depends

from app.deps import current_user

GUARDS = [Depends(current_user)]
