import click
from fastapi import FastAPI
from toolbox import create_engine

app = FastAPI()
engine = create_engine("postgresql://db/shop", echo=True)
