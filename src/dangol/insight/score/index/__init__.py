"""The customer index: a named, versioned score of 0 to 100 with grades, made of whatever is known of customers."""
