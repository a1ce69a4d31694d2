"""Two OpenAPI documents compared: what changed for clients, by rule."""
