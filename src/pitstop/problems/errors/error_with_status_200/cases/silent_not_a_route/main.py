from fastapi import FastAPI, HTTPException

app = FastAPI()


def parsed(text: str):
    try:
        return {"amount": int(text)}
    except Exception:
        return {"error": "no"}


@app.get("/amount")
def amount(text: str):
    answer = parsed(text)
    if "error" in answer:
        raise HTTPException(status_code=422)
    return answer
