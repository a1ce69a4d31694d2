"""Problems of queries, schema, sessions and pool."""
