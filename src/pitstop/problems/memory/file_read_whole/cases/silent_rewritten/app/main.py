from fastapi import FastAPI

app = FastAPI()


@app.delete("/exports/{name}")
def forget(name: str, word: str) -> None:
    path = f"/srv/exports/{name}"
    with open(path) as file:
        lines = file.readlines()
    kept = [line for line in lines if word not in line]
    with open(path, "w") as file_again:
        file_again.writelines(kept)
