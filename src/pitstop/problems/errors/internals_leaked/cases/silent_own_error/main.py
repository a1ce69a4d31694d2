from fastapi import FastAPI, HTTPException

app = FastAPI()


class OutOfStock(Exception):
    pass


@app.get("/buy")
def buy() -> str:
    try:
        raise OutOfStock("nothing left")
    except (OutOfStock, ValueError) as error:
        raise HTTPException(409, detail=str(error)) from error
