from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health():
    try:
        return {"status": "ok", "rows": int("1")}
    except Exception:
        return {"status": "error"}


@app.post("/connections/test")
def try_connection(port: str):
    try:
        return {"success": True, "port": int(port)}
    except Exception as error:
        return {"success": False, "message": str(error)}
