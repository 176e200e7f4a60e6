"""How long a page waits for its figures before it shows itself without them, and before a job goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from dangol.base.errors import Cancelled, TooMuch
from dangol.engine import patient

FIRST_SECONDS = 0.7  # what a page that opens may take: quick figures come with it, others are fetched by it
PAGE_SECONDS = 5.0  # what a page that is there may fetch for: it shows that it waits
SPARK_PAGE_SECONDS = 30.0  # a cluster plans for seconds before it reads a row, and is not asked twice


def page_seconds(*, opening: bool = False) -> float:
    """How long a page may ask. opening: whether nothing of it is seen before."""
    spark = settings.DANGOL.engine == "spark"
    if opening:
        return 0.0 if spark else FIRST_SECONDS
    return SPARK_PAGE_SECONDS if spark else PAGE_SECONDS


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """All questions asked in here take no longer together; the one being asked then is stopped. None: no limit.

    Raises TooMuch past the time (see `rules.takes_long`).
    """
    if seconds is None:
        yield
        return
    end = time.monotonic() + seconds
    try:
        with patient(lambda: time.monotonic() >= end):
            yield
    except Cancelled:
        if time.monotonic() < end:
            raise
        raise TooMuch(
            "The question took longer than {seconds} seconds and was stopped. Ask for a shorter period or fewer "
            "groups.",
            seconds=f"{seconds:g}",
        ) from None
