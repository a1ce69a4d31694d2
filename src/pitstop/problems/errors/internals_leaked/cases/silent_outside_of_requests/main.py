from fastapi import FastAPI, HTTPException

app = FastAPI()


def migrate() -> None:
    try:
        print("migrating")
    except Exception as error:
        raise HTTPException(500, detail=str(error)) from error


@app.get("/ping")
def ping() -> str:
    return "pong"


if __name__ == "__main__":
    migrate()
