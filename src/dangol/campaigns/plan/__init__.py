"""Drafts, simulation and approval of campaigns."""
