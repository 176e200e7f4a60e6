"""What fields and values of conditions are called, and definitions as sentences in the reader's language."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol.customers.consent.rules import CHANNEL_NAMES
from dangol.insight.score import reads as score
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as customer_index
from dangol.insight.score.reads import channels
from dangol.insight.segments import reads, rules
from dangol.insight.segments.rules.sentences import Words, phrase, sentence
from dangol.staff import reads as staff
from dangol.web.templatetags.dangol import day, money

PROFILE = {
    "gender": N_("Gender"), "age_band": N_("Age band"), "age": N_("Age by year of birth"),
    "kind": N_("Named or un-named"), "region": N_("Large branch"), "branch": N_("Branch in charge"),
    "rep": N_("Rep in charge"), "first_day": N_("Days since joining (first purchase)"),
    "income_band": N_("Income band"), "birth_month": N_("Month of birth"),
    "birthday_months": N_("Months until the month of birth"),
}  # fmt: skip
SCORES = {
    "rfm.segment": N_("RFM segment"), "rfm.score": N_("RFM score (0 to 100)"), "rfm.group": N_("RFM group"),
    "rfm.r": N_("Recency score"), "rfm.f": N_("Frequency score"), "rfm.m": N_("Monetary score"),
    "rfm.recency_days": N_("Days since the last purchase"), "rfm.frequency": N_("Purchases in the RFM window"),
    "rfm.monetary": N_("Sales in the RFM window"),
    "lifetime.p_alive": N_("Probability of being active (0 to 1)"),
    "lifetime.p_alive_low": N_("Probability of being active, at least"),
    "lifetime.p_alive_high": N_("Probability of being active, at most"),
    "lifetime.p_alive_before": N_("Probability of being active at the last month end"),
    "lifetime.expected_purchases": N_("Expected purchases"), "lifetime.repeats": N_("Repeat purchases"),
    "lifetime.purchases_low": N_("Expected purchases, at least"),
    "lifetime.purchases_high": N_("Expected purchases, at most"),
    "lifetime.average_amount": N_("Expected amount per purchase"), "lifetime.value": N_("Lifetime value"),
    "lifetime.value_low": N_("Lifetime value, at least"), "lifetime.value_high": N_("Lifetime value, at most"),
    "lifetime.at_risk": N_("Value at risk"),
}  # fmt: skip
VALUES = {
    ("gender", "F"): N_("Female"), ("gender", "M"): N_("Male"),
    ("kind", "named"): N_("Named"), ("kind", "unnamed"): N_("Un-named"),
}  # fmt: skip


def label(kind: str, name: str) -> str:
    """A field's name in the reader's language; one of the company's own under its own name."""
    if kind == "filter":
        return gettext(name)
    known = PROFILE if kind == "profile" else SCORES
    return gettext(known[name]) if name in known else name.rsplit(".", maxsplit=1)[-1].replace("_", " ")


class Names:
    """Values as people call them; each list of names is read once, and only where a value needs it."""

    def __init__(self, root: rules.Group | None = None) -> None:
        self.root = root
        self._known: dict[str, dict[str, str]] = {}

    def _once(self, name: str, read: Callable[[], dict[str, str]]) -> dict[str, str]:
        if name not in self._known:
            self._known[name] = read()
        return self._known[name]

    def label(self, kind: str, name: str) -> str:
        """A field's name in the reader's language; a grouping and an index under the name people gave it."""
        if kind == "measure":
            return self._once("measures", _measures).get(name, name)
        if kind == "score" and name.startswith(("groups.", "index.", "channels.")):
            return self._once("own scores", _own_scores).get(name) or label(kind, name)
        return label(kind, name)

    def unit(self, measure: str) -> str:
        """What the number of a measure is."""
        return self._once("units", _units).get(measure, "")

    def of(self, field: str, value: str) -> str:
        """The name of a value of a field; the value itself where it has none."""
        if (field, value) in VALUES:
            return gettext(VALUES[field, value])
        if value == rules.LAST_CAMPAIGN and field == "campaign":
            return gettext("the last campaign")
        if field == "channel":
            return gettext(CHANNEL_NAMES[value]) if value in CHANNEL_NAMES else value
        read = {"rep": self._reps, "rfm.segment": self._strategies, "segment": self._segments,
                "campaign": reads.campaign_names}.get(field)  # fmt: skip
        if field.startswith("groups."):
            read = partial(_groups, field)
        if field.startswith("channels.segment_"):
            field, read = "rfm.segment", self._strategies
        return self._once(field, read).get(value, value) if read else value

    def _reps(self) -> dict[str, str]:
        return {f"rep {pk}": name for pk, _email, name in staff.rep_names()}

    def _strategies(self) -> dict[str, str]:
        return {code: f"{code} {one.name}" for code, one in score.strategies().items()}

    def _segments(self) -> dict[str, str]:
        ids = rules.segments_in(self.root) if self.root is not None else set()
        return {str(pk): name for pk, name in reads.names(sorted(ids)).items()}


def _measures() -> dict[str, str]:
    return {one.name: one.label for one in reads.measures()}


def _units() -> dict[str, str]:
    return {one.name: one.unit for one in reads.measures()}


def _own_scores() -> dict[str, str]:
    found = {f"groups.{one.name}": one.label for one in groups.columns()}
    for one in customer_index.columns():
        found[f"index.{one.name}"] = gettext("%(index)s: value (0 to 100)") % {"index": one.label}
        found[f"index.{one.grade}"] = gettext("%(index)s: grade") % {"index": one.label}
    for channel in channels.columns():
        found[f"channels.{channel.segment}"] = gettext("RFM segment by %(channel)s") % {"channel": channel.label}
        found[f"channels.{channel.score}"] = gettext("RFM score by %(channel)s") % {"channel": channel.label}
        found[f"channels.{channel.group}"] = gettext("RFM group by %(channel)s") % {"channel": channel.label}
    return found


def _groups(field: str) -> dict[str, str]:
    """The groups of a grouping: number as text -> name."""
    return next(({str(code): name for code, name in one.groups.items()} for one in groups.columns()
                 if f"groups.{one.name}" == field), {})  # fmt: skip


def words(names: Names) -> Words:
    """What sentences are made with, for the language of the page."""
    return Words(language=(get_language() or "en")[:2], label=names.label, value=names.of, money=_money, day=_day,
                 unit=names.unit)  # fmt: skip


def _money(minor: float) -> str:
    return str(money(int(minor)))


def _day(given: Any) -> str:
    return str(day(given))


def said(root: rules.Group, names: Names | None = None) -> str:
    """A definition as a sentence."""
    return sentence(root, words(names or Names(root)))


def in_each_language(root: rules.Group, names: Names) -> list[tuple[str, str]]:
    """A definition as (language, sentence): in the reader's language first. names: those known in it."""
    mine = (get_language() or "en")[:2]
    told = [(mine, said(root, names))]
    for code, _name in settings.LANGUAGES:
        if code != mine:
            with override(code):
                told.append((code, said(root)))
    return told


def phrases(names: Names) -> Callable[[rules.Condition], str]:
    """One condition as a clause."""
    return partial(phrase, words=words(names))


def money_text(seen: str) -> str:
    """An amount seen, in minor units as text, as people write it."""
    return _money(round(float(seen)))


def measured_text(names: Names, measure: str, seen: str) -> str:
    """A figure of a measure, as people write it."""
    unit, number = names.unit(measure), float(seen)
    if unit == "money":
        return _money(round(number))
    return f"{number * 100:.1f}%" if unit == "share" else f"{number:,.2f}".rstrip("0").rstrip(".")
