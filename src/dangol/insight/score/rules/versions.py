"""What changed from one version of a scheme to the next."""

from dataclasses import dataclass

from dangol.insight.score.rules.scheme import AXES, Axis, RfmScheme


@dataclass(frozen=True)
class Difference:
    """One thing that differs. axis: r, f, m or "" for the whole scheme; what: name, window, groups, cut_points, high or
    weight; before, after: as in the scheme (days, whole numbers, tuples of cut points, or None).
    """

    axis: str
    what: str
    before: object
    after: object


def differences(before: RfmScheme, after: RfmScheme) -> list[Difference]:
    """Everything in which two schemes differ, the whole scheme first, then by axis."""
    found = [
        Difference("", what, old, new)
        for what, old, new in (("name", before.name, after.name), ("window", before.window_days, after.window_days))
        if old != new
    ]
    for code in AXES:
        found += _of_axis(code, before.axes[code], after.axes[code])
    return found


def _of_axis(code: str, before: Axis, after: Axis) -> list[Difference]:
    pairs: tuple[tuple[str, object, object], ...] = (
        ("groups", before.groups, after.groups), ("cut_points", before.cut_points, after.cut_points),
        ("high", before.high_from, after.high_from), ("weight", before.weight, after.weight),
    )  # fmt: skip
    return [Difference(code, what, old, new) for what, old, new in pairs if old != new]
