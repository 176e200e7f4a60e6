"""Features and rules as texts in the reader's language."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from dangol.base.money import currency, show
from dangol.insight.score.groups.rules.features import ATTRIBUTE, feature
from dangol.insight.score.groups.rules.trees import Bounds


def said(value: str) -> str:
    """A member's value, an attribute as "column: value"."""
    return value.replace("=", ": ", 1)


def label(name: str) -> str:
    """A feature's name."""
    one = feature(name)
    return gettext(one.label).format(value=said(one.value))


def word(name: str, difference: float) -> str:
    """What a group is called that lies above or below all customers by a feature."""
    one = feature(name)
    text = one.more if difference > 0 else one.less
    return gettext(text).format(value=said(one.value))


def title(traits: Sequence[dict[str, Any]]) -> str:
    """A group's name from the traits it was born with."""
    text = ", ".join(word(one["feature"], one["difference"]) for one in traits)
    return text[:1].upper() + text[1:] if text else gettext("Like customers on the whole")


def figure(value: float, kind: str) -> str:
    """A threshold as its kind is shown."""
    if kind == "money":
        return show(round(value), currency(settings.DANGOL.currency))
    if kind == "share":
        return f"{value * 100:.3g}%"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"


def condition(bounds: Bounds) -> str:
    """What a rule asks of one feature: "Orders: 13 or more"."""
    one, name = feature(bounds.feature), label(bounds.feature)
    if one.name.startswith(f"{ATTRIBUTE.name}:"):
        return word(bounds.feature, 1 if bounds.least is not None and bounds.least > 0 else -1)
    least = "" if bounds.least is None else figure(bounds.least, one.kind)
    below = "" if bounds.below is None else figure(bounds.below, one.kind)
    if not below:
        return gettext("{name}: {least} or more").format(name=name, least=least)
    if not least:
        return gettext("{name}: below {below}").format(name=name, below=below)
    return gettext("{name}: {least} to below {below}").format(name=name, least=least, below=below)


def answers(name: str, threshold: float) -> tuple[str, str]:
    """The two answers to a split: below the threshold, and at or above it; of an attribute, no and yes."""
    one = feature(name)
    if one.name.startswith(f"{ATTRIBUTE.name}:"):
        return gettext("no"), gettext("yes")
    at = figure(threshold, one.kind)
    return gettext("below {below}").format(below=at), gettext("{least} or more").format(least=at)


def rule(bounds: Sequence[Bounds]) -> str:
    """A leaf's whole rule in one line."""
    return " · ".join(condition(one) for one in bounds) or gettext("Like customers on the whole")
