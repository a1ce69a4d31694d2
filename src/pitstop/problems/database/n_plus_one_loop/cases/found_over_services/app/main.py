from typing import Annotated

from fastapi import FastAPI, Query

from app.database import SessionDep
from app.reports import Report, chosen_of

app = FastAPI()


@app.get("/reports")
def reports(session: SessionDep, names: Annotated[list[str], Query()]) -> list[str]:
    found: list[str] = []
    chosen: list[Report] = chosen_of(names)
    for report in chosen:
        found.extend(report.lines(session))
    return found
