"""`download-built-in-memory`: a file read into memory to be sent."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.request_response.download_built_in_memory.detector import detect
from pitstop.problems.request_response.download_built_in_memory.fix import from_file
from pitstop.problems.request_response.download_built_in_memory.rule import find

PROBLEM = Problem(
    name="download-built-in-memory",
    domain="request-response",
    title="file that is read into memory to be sent",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="file-response",
                text="have `FileResponse` send the file from where it lies, in chunks of 64 KB",
                effect="memory for one chunk instead of for the whole file, times the downloads in flight",
                complexity="one call in the place of the reading",
                risk="each chunk is read in a thread: 0.35 ms more for a small file, and five to six times the CPU from a megabyte on",
                compatibility="the answer gets `ETag`, `Last-Modified` and `Accept-Ranges`, and `Range` is answered with 206; caches may keep what has a `Last-Modified`",
            ),
            fix=from_file,
        ),
        Choice(
            option=Option(
                name="front-server",
                text="leave the sending to the server in front (`X-Accel-Redirect`, `X-Sendfile`) or hand out a link to the storage",
                effect="neither memory nor CPU of the service",
                complexity="the server in front has to know the folder",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
