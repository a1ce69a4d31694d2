from fastapi import FastAPI

app = FastAPI()


@app.get("/rows")
def rows(text: str):
    found = []
    try:
        found.append(int(text))
        return {"rows": found, "error": None}
    except Exception as error:
        return {"rows": found, "error": str(error)}


@app.post("/rpc")
def call(text: str):
    try:
        return {"jsonrpc": "2.0", "result": int(text)}
    except Exception as error:
        return {"jsonrpc": "2.0", "error": {"message": str(error)}}
