from fastapi import FastAPI

app = FastAPI()


@app.on_event("reload")
def reloaded() -> None:
    print("reloaded")
