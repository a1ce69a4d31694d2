from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

@app.get("/terms")
def terms() -> str:
    with open("terms.txt") as file:
        return file.read()
