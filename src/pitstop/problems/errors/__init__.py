"""Problems of what happens when something goes wrong."""
