"""Problems of the interface that a service offers."""
