from fastapi import FastAPI

app = FastAPI()


class Requests:
    def get(self, key: str) -> str:
        return key


requests = Requests()


@app.get("/a")
def a() -> str:
    return requests.get("a") + {"a": "b"}.get("a", "")
