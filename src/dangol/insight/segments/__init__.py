"""Segments people build: conditions over everything known of a customer, counted while they are being edited."""
