"""The customer base: consent <- collect <- identify <- quality."""
