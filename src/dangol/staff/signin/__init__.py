"""Signing in: password, second factor, and the lock that slows guessing."""
