"""Cohorts: customers by the month of their first purchase, and how many of them buy on, month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dangol.insight.analysis.rules.findings import EVER, N_, Bought, Finding, say
from dangol.insight.analysis.rules.spans import month_first, month_last


@dataclass(frozen=True)
class Cohort:
    """Customers who first bought in a month (its number). customers, amounts: by months since; size: in month 0.

    A month after the end of the data is not in them.
    """

    month: int
    customers: Sequence[int]
    amounts: Sequence[int]

    @property
    def size(self) -> int:
        """How many first bought in that month."""
        return self.customers[0]


def triangle(cells: Mapping[tuple[int, int], tuple[int, int]], first: int, last: int) -> list[Cohort]:
    """The cohorts from month first to last. cells: (cohort, month) -> customers and minor units; months past last and
    cohorts nobody belongs to are left out.
    """
    found = []
    for cohort in range(first, last + 1):
        row = [cells.get((cohort, month), (0, 0)) for month in range(cohort, last + 1)]
        if row[0][0]:
            found.append(Cohort(cohort, [one[0] for one in row], [one[1] for one in row]))
    return found


def shares(cohort: Cohort, *, money: bool, least: int) -> list[float | None]:
    """What month 0 became by months since: of customers, or of their sales. None where the cohort is too small."""
    row = cohort.amounts if money else cohort.customers
    if cohort.size < least or row[0] <= 0:
        return [None] * len(row)
    return [one / row[0] for one in row]


def mean(cohorts: Sequence[Cohort], months: int, *, money: bool, least: int) -> list[float | None]:
    """The share over all cohorts that are large enough and have come so far, by months since."""
    fit = [one for one in cohorts if one.size >= least]
    found: list[float | None] = []
    for since in range(months):
        rows = [one.amounts if money else one.customers for one in fit if len(one.customers) > since]
        whole = sum(row[0] for row in rows)
        found.append(sum(row[since] for row in rows) / whole if whole > 0 else None)
    return found


AFTER = N_("Of new customers, {first} buy again in the next month and {later} in month {n}.")
AFTER_ONE = N_("Of new customers, {first} buy again in the next month.")
BEST = N_(
    "Customers who started in {month} stay best: {share} buy in a month of the next three, against {mean} of all."
)
WORST = N_(
    "Customers who started in {month} stay worst: {share} buy in a month of the next three, against {mean} of all."
)
FEW = N_("No cohort has {least} customers: not enough data for a share.")
SURE = 3.09  # two-sided 99.8 %, as many cohorts are looked at


def findings(cohorts: Sequence[Cohort], *, least: int) -> list[Finding]:
    """What the triangle says; about single cohorts only what chance would not explain."""
    whole = mean(cohorts, max((len(one.customers) for one in cohorts), default=0), money=False, least=least)
    told = [share for share in whole if share is not None]
    if len(told) < 2:
        return [Finding(say(FEW, least=("count", least)))]
    last = min(len(told) - 1, 6)
    if last < 2:
        found = [
            Finding(
                say(AFTER_ONE, first=("share", told[1])),
                "plain",
                "cross_sell",
                ("HLL", "HLH"),
                _newcomers(),
                exact=True,
            )
        ]
    else:
        values = {"first": ("share", told[1]), "later": ("share", told[last]), "n": ("count", last)}
        found = [Finding(say(AFTER, **values), "plain", "cross_sell", ("HLL", "HLH"), _newcomers(), exact=True)]
    return found + _outstanding(cohorts, least)


def _outstanding(cohorts: Sequence[Cohort], least: int) -> list[Finding]:
    """The best and the worst cohort by the mean of the three months after, where it lies outside of chance."""
    known = [
        (one, sum(one.customers[1:4]) / (3 * one.size))
        for one in cohorts
        if len(one.customers) > 3 and one.size >= least
    ]
    customers = sum(one.size for one, _share in known)
    if len(known) < 3 or not customers:
        return []
    overall = sum(share * one.size for one, share in known) / customers
    found = []
    for template, tone, pick in ((BEST, "good", max), (WORST, "bad", min)):
        one, share = pick(known, key=lambda pair: pair[1])
        # months of one customer go together: no gain from three
        spread = max(overall * (1 - overall) / one.size, 0.0) ** 0.5
        if spread and abs(share - overall) > SURE * spread:
            values = {"month": ("month", month_first(one.month)), "share": ("share", share), "mean": ("share", overall)}
            found.append(
                Finding(say(template, **values), tone, "cross_sell", ("HLL", "HLH"), _of_month(one.month), exact=True)
            )
    return found


NEW_DAYS, EARLIEST = 62, date(1970, 1, 1)


def _newcomers() -> tuple[Bought, ...]:
    """Those whose first purchase is two months ago at most: who may still be brought to the second."""
    return (Bought(EVER, measure="first", least=None, most=NEW_DAYS),)


def _of_month(month: int) -> tuple[Bought, ...]:
    """Those whose first purchase was in a month."""
    first = month_first(month)
    before = Bought(least=None, most=0, first=EARLIEST, last=first - timedelta(days=1))
    return (Bought(first=first, last=month_last(month)), before)
