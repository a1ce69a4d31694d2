from __future__ import annotations

import subprocess
import sys

from pitstop.target.usage import Meter

WORK = """
import sys
print("ready", flush=True)
sys.stdin.readline()
kept = bytearray(b"x" * 60_000_000)
number = 0
for turn in range(4_000_000):
    number += turn
del kept
print("done", flush=True)
sys.stdin.readline()
"""


def test_what_a_process_took() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        with Meter(process.pid) as meter:
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()
        usage = meter.usage
        process.stdin.write("\n")
        process.stdin.flush()
    assert usage.cpu_s > 0.02
    assert usage.memory_peak - usage.memory_start > 40_000_000
    assert usage.memory_peak - usage.memory_end > 40_000_000
    assert usage.memory_start > 1_000_000


def test_a_process_that_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with Meter(process.pid) as meter:
        pass
    assert meter.usage.cpu_s == 0
    assert meter.usage.memory_peak == 0
