"""What fits together in a condition: the one place where a wrong one is refused."""

from collections.abc import Mapping
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.segments.rules.definition import (
    FIELDS_OF,
    FILTERS,
    MEASURES,
    RANKED,
    TESTS,
    THEN,
    WHAT,
    WHICH,
    Condition,
    Event,
    Filter,
    Measured,
    Profile,
    Purchase,
    Score,
    Window,
)


def whole(condition: Condition) -> Condition:
    """The condition itself where its parts fit together. Raises BadInput."""
    match condition:
        case Purchase():
            _one_of("measure", condition.measure, MEASURES)
            _filters_known(condition.filters, FILTERS)
            _bounds(condition.least, condition.most)
            whole_window(condition.window)
            _one_of("which", condition.which, WHICH)
            _bounds(condition.price_from, condition.price_to, "price_from")
            if condition.top is not None:
                _top(condition)
        case Event():
            _one_of("what", condition.what, WHAT)
            _one_of("then", condition.then, THEN)
            _filters_known(condition.filters, FIELDS_OF[condition.what])
            _bounds(condition.least, condition.most)
            whole_window(condition.window)
        case Measured():
            _bounds(condition.least, condition.most)
            whole_window(condition.window)
            if condition.window.ends_quietly:
                raise BadInput("A measure has no “not since”. Add a condition on purchases for it.", field="quiet_days")
        case Profile() | Score():
            _one_of("test", condition.test, TESTS)
            if condition.test == "between":
                _bounds(condition.least, condition.most)
        case _:
            pass
    return condition


def _one_of(name: str, value: str, known: Any) -> None:
    if value not in known:
        raise BadInput("{name}: “{value}” cannot be chosen. Choose one of: {known}.", field=name, name=name,
                       value=value[:40], known=", ".join(known))  # fmt: skip


def _filters_known(filters: tuple[Filter, ...], known: Mapping[str, str]) -> None:
    for one in filters:
        _one_of("filters", one.field, known)
    if len({one.field for one in filters}) != len(filters):
        raise BadInput("Every filter may be set once.", field="filters")


def _top(asked: Purchase) -> None:
    """Raises BadInput for a top that is none."""
    _one_of("measure", asked.measure, RANKED)
    if not 0 < (asked.top or 0) <= 100 or asked.least is not None or asked.most is not None:
        raise BadInput("The top is a part between 0 and 100 percent, without other bounds.", field="top")
    if asked.window.ends_quietly:
        raise BadInput("The top of a figure has no “not since”. Add a condition on purchases for it.", field="top")


def _bounds(least: float | None, most: float | None, field: str = "least") -> None:
    if least is not None and most is not None and least > most:
        raise BadInput("The smallest number is larger than the largest.", field=field)


def whole_window(window: Window) -> None:
    """Raises BadInput for a time whose parts do not fit together."""
    _one_of("window", window.kind, ("always", "last", "between"))
    if window.kind == "last" and not window.days:
        raise BadInput("Say how many days.", field="days")
    if window.kind == "between" and (window.since is None or window.until is None or window.since > window.until):
        raise BadInput("Say the first and the last day, the first one first.", field="since")
    if (window.kind == "between" and window.quiet_days) or (window.kind != "between" and window.not_since):
        raise BadInput("“Not since” is said in days, or of a time between two days.", field="quiet_days")
