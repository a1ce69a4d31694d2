"""Requests to send, and the runs they make: the project's own tests, or recorded requests."""
