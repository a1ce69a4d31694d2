from fastapi import FastAPI

admin = FastAPI()
admin.debug = True
