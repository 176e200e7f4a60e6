"""Seasonality: how months, weekdays and hours stand to the mean, where there is enough to say so."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dangol.insight.analysis.rules.findings import N_, Bought, Finding, Sentence, say
from dangol.insight.analysis.rules.spans import Span, month_number

FEWEST_YEARS, FEWEST_WEEKS = 2, 8
MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))


def by_weekday(days: Mapping[date, int], span: Span) -> list[tuple[float, float | None]]:
    """Mean sales of a Monday .. Sunday, and the index to the mean of all days; None below FEWEST_WEEKS of them.

    days: amounts by day; a day without purchases counts as 0.
    """
    totals: dict[int, int] = defaultdict(int)
    counts: dict[int, int] = defaultdict(int)
    for day in _days(span):
        totals[day.weekday()] += days.get(day, 0)
        counts[day.weekday()] += 1
    whole = sum(totals.values()) / max(sum(counts.values()), 1)
    means = [totals[place] / counts[place] if counts[place] else 0.0 for place in range(7)]
    return [
        (mean, 100 * mean / whole if whole > 0 and counts[place] >= FEWEST_WEEKS else None)
        for place, mean in enumerate(means)
    ]


def by_month(days: Mapping[date, int], span: Span) -> list[tuple[float, float | None]]:
    """Mean sales a day in January .. December, and the index: the mean, over years, of the month against its own year.

    Each year is a run of twelve whole months back from the span's end, so that growth from year to year is no season.
    None below FEWEST_YEARS whole years.
    """
    amounts: dict[int, int] = defaultdict(int)
    lengths: dict[int, int] = defaultdict(int)
    for day in _days(span):
        amounts[month_number(day)] += days.get(day, 0)
        lengths[month_number(day)] += 1
    last = month_number(span.last)
    years = (last - month_number(span.first) + 1) // 12
    ratios: dict[int, list[float]] = defaultdict(list)
    for year in range(years):
        run = range(last - 12 * (year + 1) + 1, last - 12 * year + 1)
        mean = sum(amounts[month] for month in run) / sum(lengths[month] for month in run)
        for month in run:
            if mean > 0:
                ratios[month % 12].append(100 * amounts[month] / lengths[month] / mean)
    found: list[tuple[float, float | None]] = []
    for place in range(12):
        own = [month for month in amounts if month % 12 == place]
        mean = sum(amounts[month] for month in own) / sum(lengths[month] for month in own) if own else 0.0
        enough = years >= FEWEST_YEARS and len(ratios[place]) >= FEWEST_YEARS
        found.append((mean, sum(ratios[place]) / len(ratios[place]) if enough else None))
    return found


def _days(span: Span) -> list[date]:
    return [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]


STRONG = N_("Strongest {unit}: {name}, index {index}.")
WEAK = N_("Weakest {unit}: {name}, index {index}.")
YEAR_DAYS = 365  # a campaign of a season speaks to who bought within the year
NO_YEARS = N_("A season of the year needs two whole years of data; there are {n} months.")


def findings(months: Sequence[float | None], weekdays: Sequence[float | None], covered: int) -> list[Finding]:
    """The strongest and the weakest month and weekday. covered: months of data."""
    told: list[Finding] = []
    for indices, names, unit in ((months, MONTHS, N_("month of the year")), (weekdays, WEEKDAYS, N_("weekday"))):
        known = [(index, name) for index, name in zip(indices, names, strict=True) if index is not None]
        if not known:
            continue
        for template, (index, name), tone in ((STRONG, max(known), "good"), (WEAK, min(known), "bad")):
            values = {"unit": ("said", unit), "name": ("said", name), "index": ("index", index)}
            # into the strong season with more for those who come, out of the weak one by those who come seldom
            aim, codes = ("up_sell", ("HHL",)) if tone == "good" else ("cross_sell", ("HLH", "HLL"))
            told.append(Finding(Sentence(template, values), tone, aim, codes, (Bought(days=YEAR_DAYS),)))
    if not any(index is not None for index in months):
        told.append(Finding(say(NO_YEARS, n=("count", covered))))
    return told
