"""What happened: the records of a run, the span store, per-route figures."""
