"""Which records are the same person: comparisons, thresholds and clusters."""
