"""Surveys: built, shared, answered by the public, and what came of them."""
