from fastapi import HTTPException


class Failed(HTTPException):
    def __init__(self, text: str) -> None:
        super().__init__(status_code=500, detail=text)
