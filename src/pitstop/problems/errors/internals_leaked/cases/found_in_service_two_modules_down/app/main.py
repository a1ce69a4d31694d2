from fastapi import Depends, FastAPI

from .service import Reports

app = FastAPI()


@app.get("/report")
def report(reports: Reports = Depends(Reports)) -> str:
    return reports.report()
