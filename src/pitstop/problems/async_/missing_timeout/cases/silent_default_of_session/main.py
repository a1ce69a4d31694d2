import requests
from fastapi import FastAPI
from requests.adapters import HTTPAdapter

app = FastAPI()


class TimeoutAdapter(HTTPAdapter):
    def send(self, request, **options):
        options["timeout"] = options.get("timeout") or 5
        return super().send(request, **options)


session = requests.Session()
session.mount("https://", TimeoutAdapter())


@app.get("/a")
def a() -> str:
    return session.get("https://a.example").text
