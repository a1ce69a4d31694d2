from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

app = FastAPI()


def render(name: str, **values: str) -> str:
    env = Environment(loader=FileSystemLoader("templates"), autoescape=True)
    return env.get_template(name).render(**values)


@app.get("/letter")
def letter() -> HTMLResponse:
    return HTMLResponse(render("letter.html", title="Dear reader"))
