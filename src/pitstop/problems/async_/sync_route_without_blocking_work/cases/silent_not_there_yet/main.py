from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/plans")
def plans():
    raise HTTPException(501, "not there yet")
