from fastapi import APIRouter, FastAPI

app = FastAPI(debug=True)


@app.get("/health")
def health() -> bool:
    return True


versioned = FastAPI()
versioned.include_router(APIRouter(routes=app.routes), prefix="/v1")
