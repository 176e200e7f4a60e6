"""Standardise what people are called and how they are reached; originals are kept."""
