"""The user's app as something that can run: found, copied, started and stopped, never touched."""
