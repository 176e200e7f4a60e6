"""Segments people build: the list, the builder, people and overlaps."""
