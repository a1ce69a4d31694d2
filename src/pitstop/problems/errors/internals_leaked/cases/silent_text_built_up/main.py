from fastapi import FastAPI, HTTPException

app = FastAPI()
parts = ("it", "failed")


@app.get("/work")
def work() -> str:
    try:
        return "done"
    except Exception as error:
        for part in parts:
            text = f"{text if part != parts[0] else ''} {part}"
        raise HTTPException(500, detail=text) from error
