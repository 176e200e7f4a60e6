"""What the figures of a report mean, as findings: plain functions, a module a report."""
