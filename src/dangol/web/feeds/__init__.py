"""Databases, watched folders, web sites, and what starts by the clock."""
