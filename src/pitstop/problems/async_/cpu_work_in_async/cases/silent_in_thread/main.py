import asyncio
import io
from concurrent.futures import ProcessPoolExecutor

from fastapi import FastAPI, UploadFile
from fastapi.concurrency import run_in_threadpool
from pypdf import PdfReader

app = FastAPI()
processes = ProcessPoolExecutor()


def pages(data: bytes) -> int:
    return len(PdfReader(io.BytesIO(data)).pages)


@app.post("/a")
async def a(file: UploadFile) -> int:
    return await asyncio.to_thread(pages, await file.read())


@app.post("/b")
async def b(file: UploadFile) -> int:
    return await run_in_threadpool(pages, await file.read())


@app.post("/c")
async def c(file: UploadFile) -> int:
    return await asyncio.get_running_loop().run_in_executor(processes, pages, await file.read())
