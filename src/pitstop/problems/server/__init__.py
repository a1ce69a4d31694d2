"""Problems of how the service is started and run."""
