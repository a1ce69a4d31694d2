import os

HOST = os.environ["DB_HOST"]
