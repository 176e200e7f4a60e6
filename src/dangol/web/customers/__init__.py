"""Customer list and Customer 360."""
