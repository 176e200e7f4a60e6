"""Postings as plain values: what was written down about who is in charge, and the days it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

BEGINNING = date(1900, 1, 1)  # before every sale: the first known posting reaches back to here
END = date(9999, 12, 31)


@dataclass(frozen=True)
class Posting:
    """Unit and rep in charge from a day on, until the next one."""

    from_day: date
    unit_id: int | None
    rep_id: int | None

    @property
    def whose(self) -> tuple[int | None, int | None]:
        """Unit and rep."""
        return (self.unit_id, self.rep_id)


def course(written: Sequence[Posting]) -> list[Posting]:
    """The postings one after another, the first from BEGINNING on.

    written: in the order they were written down. A later word holds from its day on, whatever was said before of those
    days. The first known unit reaches back to the beginning, and so does the first known rep.
    """
    found: list[Posting] = []
    for one in reversed(written):
        if not found or one.from_day < found[-1].from_day:
            found.append(one)
    return _plain(found[::-1])


def _plain(parts: Sequence[Posting]) -> list[Posting]:
    """Without neighbours that say the same, and known from the beginning on."""
    units = _reaching_back([one.unit_id for one in parts])
    reps = _reaching_back([one.rep_id for one in parts])
    found: list[Posting] = []
    for one, unit, rep in zip(parts, units, reps, strict=True):
        if not found or found[-1].whose != (unit, rep):
            found.append(Posting(one.from_day if found else BEGINNING, unit, rep))
    return found


def _reaching_back(values: Sequence[int | None]) -> list[int | None]:
    """The values with the first known one in the place of the unknown ones before it."""
    first = next((place for place, value in enumerate(values) if value is not None), None)
    return list(values) if first is None else [values[first]] * first + list(values[first:])


def joined(own: Sequence[Posting], whole: Sequence[Posting], day: date) -> list[Posting]:
    """The course of somebody who became part of another one on a day: their own until then, the other's from there."""
    before = [one for one in own if one.from_day < day]
    after = [replace(one, from_day=max(one.from_day, day)) for one, until in spans(whole) if until > day]
    return _plain([*before, *after])


def held_since(written: Sequence[Posting]) -> date:
    """The day since which the rep of today is in charge, in whatever unit."""
    for one, before in pairwise(reversed(course(written))):
        if before.rep_id != one.rep_id:
            return one.from_day
    return BEGINNING


def spans(parts: Sequence[Posting]) -> list[tuple[Posting, date]]:
    """Each posting with the day on which the next one begins (END for the last)."""
    ends = [*(one.from_day for one in parts[1:]), END]
    return list(zip(parts, ends, strict=True))
