from fastapi import FastAPI

app = FastAPI()


@app.post("/webhooks/bank")
def bank(amount: str):
    try:
        return {"amount": int(amount)}
    except Exception:
        return {"ok": False}
