from fastapi import FastAPI, HTTPException

app = FastAPI()


def kept(name: str) -> str:
    try:
        with open(f"{name}.txt") as file:
            return file.read()
    except Exception:
        return ""


def told(name: str) -> str:
    try:
        with open(f"{name}.txt") as file:
            return file.read()
    except Exception as error:
        raise RuntimeError(f"{name}: {error}") from error


@app.get("/sums")
def sums(values: str) -> int:
    try:
        return sum(int(value) for value in values.split(",")) + len(kept("extra"))
    except Exception as wrong:
        raise HTTPException(status_code=500, detail=str(wrong)) from wrong


@app.get("/texts")
def texts(name: str) -> str:
    try:
        return told(name)
    except Exception as failed:
        raise HTTPException(status_code=500, detail=str(failed)) from failed
