"""Indexes for the statements a service sends: candidates built on a clone of its database, and kept where they helped."""
