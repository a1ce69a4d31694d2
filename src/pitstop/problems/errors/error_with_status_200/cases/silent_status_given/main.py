from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse

app = FastAPI()


@app.post("/a")
def a(text: str):
    try:
        return {"amount": int(text)}
    except Exception:
        return JSONResponse({"error": "no"}, status_code=400)


@app.post("/b")
def b(text: str, response: Response):
    try:
        return {"amount": int(text)}
    except Exception:
        response.status_code = 400
        return {"error": "no"}


@app.post("/c")
def c(text: str):
    try:
        return {"amount": int(text)}
    except Exception as error:
        raise HTTPException(status_code=400, detail={"error": "no"}) from error
