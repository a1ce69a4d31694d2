from typing import Annotated

import litellm
from fastapi import Depends, FastAPI

app = FastAPI()


def style() -> dict[str, float]:
    return {"temperature": 0.2}


def title(text: str) -> str:
    answer = litellm.completion(model="small", messages=[{"role": "user", "content": text}], **style())
    return answer.choices[0].message.content


@app.post("/titles")
def add(title: Annotated[str, Depends(title)]) -> str:
    return title
