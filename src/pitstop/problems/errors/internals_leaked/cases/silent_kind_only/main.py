from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/work")
def work() -> str:
    try:
        return "done"
    except Exception as error:
        kind = type(error).__name__
        raise HTTPException(500, detail={"kind": kind, "code": getattr(error, "code", 0)}) from error
