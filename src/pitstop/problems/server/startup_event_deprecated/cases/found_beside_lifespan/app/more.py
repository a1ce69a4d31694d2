from .main import app


def close() -> None:
    print("closed")


app.add_event_handler("shutdown", close)
