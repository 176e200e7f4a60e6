"""Answers that took long: worked out by a job, kept for who may see them, shown where they were asked."""
