"""Consent, requests of people about their data, retention; and the page customers themselves see."""
