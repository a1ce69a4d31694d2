from fastapi import FastAPI, HTTPException

app = FastAPI()


def kept(name: str) -> str:
    try:
        with open(f"{name}.txt") as file:
            return file.read()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error


@app.get("/texts/{name}")
def text(name: str) -> str:
    try:
        return kept(name)
    except Exception:
        raise HTTPException(status_code=500, detail="not there") from None


def handed_on(name: str) -> str:
    try:
        with open(f"{name}.md") as file:
            return file.read()
    except Exception as wrong:
        raise HTTPException(status_code=500, detail=str(wrong)) from wrong


@app.get("/notes/{name}")
def note(name: str) -> str:
    try:
        return handed_on(name)
    except HTTPException:
        raise
    except Exception:
        return ""
