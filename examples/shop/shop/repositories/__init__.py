"""Queries, one class an aggregate."""
