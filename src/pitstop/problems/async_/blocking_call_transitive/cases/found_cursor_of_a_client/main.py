from fastapi import FastAPI

import ledger

app = FastAPI()


@app.get("/accounts/{account}")
async def read(account: int) -> dict[str, int]:
    return {"balance": ledger.balance(account)}
