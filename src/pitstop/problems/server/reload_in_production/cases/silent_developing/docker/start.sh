#!/bin/sh
if [ "$MODE" = "development" ]; then
    exec uvicorn app.main:app --reload
fi
exec uvicorn app.main:app --workers 4
