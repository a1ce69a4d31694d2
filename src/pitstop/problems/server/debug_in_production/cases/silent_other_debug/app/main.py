from fastapi import FastAPI

from app.client import Client

app = FastAPI()
client = Client(debug=True)
client.debug = True
