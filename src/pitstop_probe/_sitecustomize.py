"""Starts the probe with the interpreter, after any other `sitecustomize` on the path. Copied as `sitecustomize.py`."""

import sys

try:
    from pitstop_probe.start import begin, hand_over

    hand_over(__file__)
    begin()
except BaseException as error:
    sys.stderr.write("pitstop's probe did not start: " + repr(error) + "\n")
