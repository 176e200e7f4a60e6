"""Surveys and public forms: asked by link or QR, answered onto the customer."""
