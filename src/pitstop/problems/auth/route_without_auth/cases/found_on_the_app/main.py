from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()
rules: dict[str, str] = {}


class NeedsScope:
    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, scopes: Annotated[str, Header()] = "") -> None:
        if self.scope not in scopes.split():
            raise HTTPException(status_code=403)


READING, WRITING = NeedsScope("read"), NeedsScope("write")


@app.get("/rules", dependencies=[Depends(READING)])
def all_rules() -> dict[str, str]:
    return rules


@app.get("/rules/{name}", dependencies=[Depends(READING)])
def one_rule(name: str) -> str:
    return rules[name]


@app.put("/rules/{name}", dependencies=[Depends(WRITING)])
def change_rule(name: str, text: str) -> None:
    rules[name] = text


@app.delete("/rules/{name}", dependencies=[Depends(WRITING)])
def drop_rule(name: str) -> None:
    del rules[name]


@app.post("/rules/{name}/copy")
def copy_rule(name: str, to: str) -> None:
    rules[to] = rules[name]


@app.get("/health")
def health() -> str:
    return "ok"
