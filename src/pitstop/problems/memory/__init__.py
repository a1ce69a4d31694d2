"""Problems of memory: what is held although it need not be."""
