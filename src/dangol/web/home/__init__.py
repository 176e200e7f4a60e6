"""Home per role, the components page."""
