import logging

from fastapi import FastAPI, HTTPException

app = FastAPI()
logger = logging.getLogger(__name__)


@app.get("/work")
def work() -> str:
    try:
        return "done"
    except Exception as error:
        logger.exception("failed: %s", error)
        raise HTTPException(500, detail="something went wrong") from error
