from fastapi import FastAPI

app = FastAPI()
currencies: dict[str, str] = {}


def declare(code: str, name: str) -> None:
    currencies[code] = name


declare("EUR", "Euro")


@app.get("/currencies")
def every() -> dict[str, str]:
    return currencies
