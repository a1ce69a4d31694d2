import strawberry
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter

from app.types import Query

app = FastAPI()
app.include_router(GraphQLRouter(strawberry.Schema(query=Query)), prefix="/graphql")
