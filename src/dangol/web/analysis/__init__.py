"""Standard reports: what happened, in sentences, charts and tables."""
