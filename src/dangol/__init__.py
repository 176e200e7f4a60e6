"""Dangol, a closed-loop CRM: from scattered customer data to a measured campaign and back."""

__version__ = "0.1.0"
