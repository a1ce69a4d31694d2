"""Problems of how requests are allowed in."""
