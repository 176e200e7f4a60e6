"""What a campaign caused: the engine counts, this room judges."""
