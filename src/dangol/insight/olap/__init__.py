"""Measures by dimensions, declared once and asked from everywhere."""
