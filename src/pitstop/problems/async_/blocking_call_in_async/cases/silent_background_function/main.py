import smtplib

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def mail(to: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("shop@example.org", [to], "hello")


@app.post("/mails")
async def send(to: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(mail, to)
    return "sent soon"
