"""Where scores are kept: the newest snapshot and its scoring days. channel: "" for the company's scheme."""

from datetime import date
from pathlib import Path

from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import NotFound
from dangol.base.identifiers import content_hash
from dangol.engine import Engine, Snapshot, Store
from dangol.staff.reads import Member, may, scope_of
from dangol.staff.rules import Right

FOLDER, BY_CHANNEL = "scores", "scores_by_channel"
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
    recency_days, frequency, monetary, r, f, m, score, segment. Raises NotFound.
    """
    return opened.table([newest(channel).paths("rfm")[place_of(day, channel)]])


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
