"""Segments, migration, figures."""
