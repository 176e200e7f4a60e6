"""Measures an analyst makes of others, by a formula; every version is kept."""
