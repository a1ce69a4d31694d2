from fastapi import BackgroundTasks, Depends, FastAPI

from app.welcome import Welcome

app = FastAPI()


@app.post("/users")
async def create(to: str, tasks: BackgroundTasks, welcome: Welcome = Depends()) -> None:
    tasks.add_task(welcome.greet, to)
