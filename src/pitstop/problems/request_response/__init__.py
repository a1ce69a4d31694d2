"""Problems between a request and its response."""
