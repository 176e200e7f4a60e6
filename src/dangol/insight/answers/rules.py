"""Limits of kept answers, and which refusal means that a job should go on."""

from dangol.base.errors import TooMuch

MOST_BYTES = 32 * 2**20  # of one answer
MOST_BYTES_IN_ALL = 512 * 2**20
MOST_ANSWERS = 2_000
KEEP_SECONDS = 7 * 24 * 3600


def takes_long(error: TooMuch) -> bool:
    """Whether a question was stopped for its time, which a job has plenty of; too many groups stay too many."""
    return "seconds" in error.params
