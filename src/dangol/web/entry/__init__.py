"""Signing in and out, two-factor, language and theme."""
