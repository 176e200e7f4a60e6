"""Brings data in: sources, validated rows, quarantine, loads that can be undone."""
