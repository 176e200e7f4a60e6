"""What is stale, over-summarised or unlinked, how it is told, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from dangol.customers.quality.rules.checks import N_

LATE_FACTOR, LATE_LEAST_DAYS = 2.0, 2.0
ROLLED_MONTHS, ROLLED_LINES, ROLLED_RATIO, ROLLED_SAME_DAY = 3, 50, 1.02, 0.95


@dataclass(frozen=True)
class FindingKind:
    """One kind of finding: its heading, its sentence with {count} and {total}, and what to do."""

    code: str
    label: str
    text: str
    advice: str
    page: str = ""
    severity: str = "warn"


KINDS = {
    one.code: one
    for one in (
        FindingKind("late_source", N_("Source is late"),
                    N_("{subject}: {count} days since the last load; it usually came every {rhythm_days} days."),
                    N_("Ask who sends it, or load it now. Until then its fields grow stale."), "sources:list", "bad"),
        FindingKind("rolled_up", N_("Sales are over-summarised"),
                    N_("{subject}: one line per customer and month ({count} lines in {months} months)."),
                    N_("Frequency, baskets and products cannot be analysed from sums. Ask the source for single "
                       "purchases."), "sources:list", "bad"),
        FindingKind("unnamed_sales", N_("Purchases of un-named customers"),
                    N_("{count} of {total} lines of sales belong to customers known by a code only."),
                    N_("Offer a benefit for telling name and number: start a collection programme."),
                    "quality:programmes"),
        FindingKind("keyless_sales", N_("Purchases without a customer"),
                    N_("{count} of {total} lines of sales carry no customer number at all."),
                    N_("Have the till ask for the customer number; these lines count in no customer’s value."),
                    "sources:list"),
        FindingKind("without_sales", N_("Customers who occur in no sales"),
                    N_("{count} of {total} customers have never been seen in sales."),
                    N_("They are prospects, or their key differs between the systems: look at a few, and join the "
                       "doubled ones."), "customers:list", "info"),
        FindingKind("unknown_products", N_("Products the master does not know"),
                    N_("{subject}: {count} lines of sales name {keys} products that no product list knows, such as "
                       "{example}."),
                    N_("Load the product list of this source; without it these lines have no class."), "sources:list"),
        FindingKind("unknown_stores", N_("Stores the master does not know"),
                    N_("{subject}: {count} lines of sales name {keys} stores that no store list knows, such as "
                       "{example}."),
                    N_("Load the store list of this source; without it these lines have no region."), "sources:list"),
        FindingKind("quarantine", N_("Rows wait in quarantine"), N_("{subject}: {count} rows wait to be mended."),
                    N_("Mend or dismiss them; until then they are in no figure."), "sources:quarantine"),
    )
}  # fmt: skip


def is_late(days_since: float, gaps_days: Sequence[float]) -> bool:
    """Whether a source is out of its rhythm: more than twice the median gap of its loads, and at least two days."""
    return len(gaps_days) >= 2 and days_since > max(LATE_FACTOR * median(gaps_days), LATE_LEAST_DAYS)


def is_rolled_up(lines: int, customer_months: int, months: int, on_commonest_day: int) -> bool:
    """Whether lines of sales are sums: hardly more than one a customer and month, over months, all on one day."""
    return (
        months >= ROLLED_MONTHS and lines >= ROLLED_LINES and lines <= ROLLED_RATIO * customer_months
        and on_commonest_day >= ROLLED_SAME_DAY * lines
    )  # fmt: skip
