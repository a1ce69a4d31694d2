from fastapi import FastAPI

from app.database import SessionDep
from app.reports import Report, enabled

app = FastAPI()


@app.get("/reports")
def reports(session: SessionDep) -> list[str]:
    found: list[str] = []
    chosen: list[Report] = enabled()
    for report in chosen:
        found.extend(report.lines(session))
    return found
