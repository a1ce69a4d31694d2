"""Problems of what is kept between requests."""
