from fastapi import FastAPI

app = FastAPI()


@app.get("/pages/{name}")
@app.get("/pages/home")
def page(name: str = "home") -> str:
    return name
