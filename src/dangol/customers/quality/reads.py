"""Looks at the quality of the customer base."""

from typing import Any

from dangol.customers.identify import reads as identify
from dangol.customers.quality.rules import Report
from dangol.customers.quality.rules import report as judge


def report(by: Any) -> Report:
    """Completeness, share of un-named customers and freshness over the customers somebody may see.

    Raises NotAllowed.
    """
    return judge(identify.tally(by))
