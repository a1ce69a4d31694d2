#!/bin/sh
python -m app.migrate
exec gunicorn app.main:app -k uvicorn.workers.UvicornWorker --reload
