from fastapi import FastAPI

app = FastAPI()


@app.get("/amount")
def amount(text: str):
    try:
        return {"amount": int(text)}
    except Exception:
        return {"amount": 0}


@app.delete("/amount")
def drop(text: str):
    try:
        int(text)
    except Exception:
        return {"status": "ok", "errors": []}
    return {"status": "ok"}
