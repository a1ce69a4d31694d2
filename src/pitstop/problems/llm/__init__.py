"""Problems of calls to language models."""
