"""Problems of what is wrapped around every request."""
