"""When a schedule is due, how long a retry waits, and when a run is late."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dangol.base.errors import BadInput

MINUTES, DAILY, WEEKLY, MONTHLY = "minutes", "daily", "weekly", "monthly"
LEAST_MINUTES, MOST_MINUTES = 1, 7 * 24 * 60
RETRIES_MOST = 10
LONGEST_WAIT_MINUTES = 60
CLOCK_TOLERANCE = timedelta(minutes=1)
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# What may go well a minute later by itself; everything else needs a person and alarms at once.
TRANSIENT = frozenset({"Unavailable", "Conflict"})
OPEN, DONE, FAILED, CANCELLED = "open", "done", "failed", "cancelled"


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


STATE_NAMES = {
    OPEN: N_("Running"),
    DONE: N_("Done"),
    FAILED: N_("Failed"),
    CANCELLED: N_("Cancelled"),
}
LOST = N_("The job of this run is gone. Start it again.")


@dataclass(frozen=True)
class Plan:
    """When a job starts: every so many minutes, or at a time of day in the company's zone.

    weekdays: 0 is Monday, for weekly. month_day: 1 to 31, for monthly; a month that is shorter takes its last day.
    """

    every: str
    minutes: int = 60
    at: str = "02:00"
    weekdays: tuple[int, ...] = ()
    month_day: int = 1


def check(plan: Plan) -> None:
    """Raises BadInput for a plan that cannot be kept."""
    if plan.every not in (MINUTES, DAILY, WEEKLY, MONTHLY):
        raise BadInput("Choose how often: minutes, daily, weekly or monthly.", field="every")
    if plan.every == MINUTES and not LEAST_MINUTES <= plan.minutes <= MOST_MINUTES:
        raise BadInput("Choose {least} to {most} minutes.", field="minutes", least=LEAST_MINUTES, most=MOST_MINUTES)
    if plan.every != MINUTES and not CLOCK.fullmatch(plan.at):
        raise BadInput("Write the time like 02:30.", field="at")
    if plan.every == WEEKLY and not (plan.weekdays and set(plan.weekdays) <= set(range(7))):
        raise BadInput("Choose at least one day of the week.", field="weekdays")
    if plan.every == MONTHLY and not 1 <= plan.month_day <= 31:
        raise BadInput("Choose a day of the month, 1 to 31.", field="month_day")


def _days(plan: Plan, first: date) -> Iterator[date]:
    """The plan's days from a day on."""
    fits: Mapping[str, Callable[[date], bool]] = {
        DAILY: lambda day: True,
        WEEKLY: lambda day: day.weekday() in plan.weekdays,
        MONTHLY: lambda day: day.day == min(plan.month_day, _last_day(day)),
    }
    day = first
    while True:
        if fits[plan.every](day):
            yield day
        day += timedelta(days=1)


def _last_day(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def following(plan: Plan, after: datetime, zone: ZoneInfo) -> datetime:
    """The first due time after a moment (UTC).

    A time of day that a clock change skips is taken as the clock before it would show it (02:30 becomes 03:30); one
    that comes twice is taken the first time. Each day has exactly one (PEP 495, fold=0).
    """
    if plan.every == MINUTES:
        return after + timedelta(minutes=plan.minutes)
    hour, minute = (int(part) for part in plan.at.split(":"))
    for day in _days(plan, after.astimezone(zone).date() - timedelta(days=1)):
        due = datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
        if due > after:
            return due
    raise AssertionError("days do not end")


def latest(plan: Plan, due: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """Of the due times from `due` to now, the last one: missed ones collapse into it."""
    if plan.every == MINUTES:
        return due + (now - due) // timedelta(minutes=plan.minutes) * timedelta(minutes=plan.minutes)
    start = max(due, now - timedelta(days=40))  # a machine that slept for years
    slot = due
    while (start := following(plan, start, zone)) <= now:
        slot = start
    return slot


def after_firing(plan: Plan, slot: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """When it is due next, having fired for `slot` at `now`: never for the same slot again."""
    due = following(plan, now, zone)
    return following(plan, due, zone) if due == slot else due


def mended(plan: Plan, *, next_run: datetime, slot: datetime | None, fired_at: datetime | None, now: datetime,
           zone: ZoneInfo) -> datetime:  # fmt: skip
    """The next due time after somebody set the clock back; otherwise the one that was known.

    Without this an hour ahead by mistake would cost a day, and a year ahead a year. A slot that fired does not again.
    """
    if fired_at is None or now >= fired_at - CLOCK_TOLERANCE:
        return next_run
    due = following(plan, now, zone)
    if due == slot:
        due = following(plan, due, zone)
    return min(due, next_run)


def wait_minutes(attempt: int) -> int:
    """Minutes before the next try after the `attempt`-th failed: 1, 2, 4, 8 … up to an hour."""
    return int(min(2 ** (attempt - 1), LONGEST_WAIT_MINUTES))


def passes(error: Mapping[str, Any] | None) -> bool:
    """Whether a failure may pass by itself."""
    return bool(error) and str((error or {}).get("type")) in TRANSIENT


def is_late(*, next_run: datetime | None, open_slot: datetime | None, late_minutes: int, now: datetime) -> bool:
    """Whether a due time has gone by for longer than allowed without a run that ended.

    open_slot: the due time of the run that has not ended yet.
    """
    waits = [moment for moment in (next_run, open_slot) if moment is not None]
    return any(now - moment > timedelta(minutes=late_minutes) for moment in waits)
