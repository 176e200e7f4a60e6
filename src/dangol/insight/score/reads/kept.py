"""Where scores are kept: the newest snapshot, its scoring days, and other days worked out since when asked for.

channel: "" for the company's scheme.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import BadInput, Damaged, NotFound
from dangol.base.identifiers import content_hash
from dangol.engine import Engine, Snapshot, Store
from dangol.staff.reads import Member, may, scope_of
from dangol.staff.rules import Right

FOLDER, BY_CHANNEL, DAYS = "scores", "scores_by_channel", "days"
MOST_DAYS = 30  # kept beside a snapshot of scores: some 12 MB each for a million customers
SMALL_GROUP = 5  # below it, a figure could point to a person


def folder(channel: str = "") -> Path:
    """The folder of a channel's scores; channels are named freely, folders are not."""
    home: Path = settings.DANGOL.home
    return home / BY_CHANNEL / content_hash({"channel": channel})[:16] if channel else home / FOLDER


def store(channel: str = "") -> Store:
    """Where scores are kept."""
    return Store(folder(channel), keep=settings.DANGOL.keep_snapshots)


def newest(channel: str = "") -> Snapshot:
    """The scores that are served. Raises NotFound before the first scoring."""
    try:
        return store(channel).current()[0]
    except NotFound:
        if channel:
            raise NotFound("Customers have not been scored by this channel yet. Give it a scheme, or wait for the "
                           "scoring to end.") from None  # fmt: skip
        raise NotFound("Customers have not been scored yet. Load purchases and run the cycle first.") from None


def table(opened: Engine, day: date | None = None, channel: str = "") -> Table:
    """Every customer's scores on a day (the newest when None) as a table of an engine: customer_id, as_of,
    recency_days, frequency, monetary, r, f, m, score, segment. Raises like `path_of`.
    """
    return opened.table([path_of(day or as_of(channel), channel)])


def span(channel: str = "") -> tuple[date, date]:
    """The first and the last day with purchases the scores know of. Raises NotFound before the first scoring."""
    facts = newest(channel).facts
    return date.fromisoformat(facts["first_day"]), date.fromisoformat(facts["as_of"])


def days_store(scores: Snapshot, channel: str = "") -> Store:
    """Where the days are kept that were worked out beside a snapshot of scores; a snapshot each, named by `day_id`."""
    return Store(folder(channel) / DAYS / scores.id, keep=MOST_DAYS)


def day_id(day: date) -> str:
    """The name of a day's snapshot."""
    return f"{day:%Y%m%d}"


def missing(days: Iterable[date], channel: str = "") -> list[date]:
    """Those of the days no customer was scored on yet, ascending.

    Raises BadInput for a day outside the purchases, NotFound before the first scoring.
    """
    return [day for day in sorted(set(days)) if _found(day, channel) is None]


def path_of(day: date, channel: str = "") -> Path:
    """The file of everybody's scores on a day. Raises BadInput for a day outside the purchases, NotFound for one
    nobody was scored on (see `missing`, and `actions.score_days`, which does it).
    """
    found = _found(day, channel)
    if found is None:
        raise NotFound("Customers have not been scored on {day} yet. Ask once more.", day=day)
    return found


def _found(day: date, channel: str) -> Path | None:
    scores, (first, last) = newest(channel), span(channel)
    if not first <= day <= last:
        raise BadInput("There are purchases from {first} to {last}. Choose days in between, not {day}.", field="day",
                       first=first, last=last, day=day)  # fmt: skip
    days = months(channel)
    if day in days:
        return scores.paths("rfm")[days.index(day)]
    try:
        return days_store(scores, channel).open(day_id(day)).paths("rfm")[0]
    except (Damaged, NotFound):
        return None


def snapshot_id(channel: str = "") -> str:
    """Which snapshot of scores is served. Raises NotFound before the first scoring."""
    return newest(channel).id


def is_newest(channel: str = "") -> bool:
    """Whether the scores shown are the newest; False when the newest were refused as damaged."""
    return store(channel).current()[1]


def months(channel: str = "") -> list[date]:
    """The days customers were scored on: month ends and, last, today."""
    return [date.fromisoformat(day) for day in newest(channel).facts["months"]]


def as_of(channel: str = "") -> date:
    """The day of the newest scores. Raises NotFound before the first scoring."""
    return months(channel)[-1]


def place_of(day: date | None, channel: str = "") -> int:
    """Which of the scoring days this is. Raises NotFound."""
    days = months(channel)
    if day is None:
        return len(days) - 1
    try:
        return days.index(day)
    except ValueError:
        raise NotFound("Customers were not scored on {day}. Choose one of the month ends shown.", day=day) from None


def sees_small_groups(by: Member | None) -> bool:
    """Whether figures of very small groups may be shown: to those who may see every customer anyway."""
    return by is None or (may(by, Right.CUSTOMERS_VIEW) and scope_of(by).everyone)
