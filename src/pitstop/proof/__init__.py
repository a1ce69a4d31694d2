"""Patch → Verdict: answers as before, exercised, and better in a figure that can be trusted."""
