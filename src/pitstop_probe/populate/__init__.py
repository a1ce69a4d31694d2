"""Makes rows for the tables of an app, through its own SQLAlchemy: `python -m pitstop_probe.populate`."""
