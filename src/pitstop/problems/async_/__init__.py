"""Problems of asynchronous code. The domain is called `async`, which Python keeps for itself."""
