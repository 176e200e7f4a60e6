"""The form above a report: its fields are the query string of the page."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput
from dangol.insight.analysis.reads import LENGTHS, Ask, Frame
from dangol.insight.analysis.rules.catalogue import Kind
from dangol.insight.analysis.rules.findings import Sentence
from dangol.insight.analysis.rules.spans import month_first, month_of
from dangol.insight.olap import rules as olap
from dangol.web.analysis import wording
from dangol.web.templatetags import dangol as shown

AGAINST = {"previous": _("the period before"), "year": _("the same months a year earlier")}
WHERE = "channel = 'store'"


def asked(kind: Kind, given: QueryDict) -> Ask:
    """What the address asks for. Raises BadInput."""
    return Ask(
        kind.name,
        end=given.get("end", ""),
        months=_whole(given, "months", 0),
        against=given.get("against") or "previous",
        split=given.get("split"),
        only={key.removeprefix("in_"): str(value) for key, value in given.items() if key.startswith("in_")},
        where=given.get("where", ""),
        numbers={one.name: _whole(given, one.name, one.usual) for one in kind.options},
        ways={one.name: given.get(one.name) or one.usual for one in kind.choices},
    )


def _whole(given: QueryDict, name: str, usual: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise BadInput("“{text}” is not a whole number.", field=name, text=text[:20])
    return int(text)


class Question(forms.Form):
    """The fields that fit the report, filled in with what was asked."""

    def __init__(self, report: Frame, given: dict[str, Any] | None = None) -> None:
        super().__init__(auto_id="ask_%s", initial=given or _initial(report))
        kind, fields = report.kind, self.fields
        if not kind.everything:
            fields["months"] = _select(_("Period"), [(str(n), _length(n)) for n in _lengths(report)])
        fields["end"] = _select(
            _("Up to"), [(month, shown.month(month_first(month_of(month)))) for month in report.months]
        )
        if kind.compares:
            fields["against"] = _select(_("Compared with"), list(AGAINST.items()))
        if kind.splits:
            fields["split"] = _select(
                _("Split by"),
                [(name, gettext(label) if name else gettext("nothing")) for name, label in report.splits.items()],
            )
        for choice in kind.choices:
            fields[choice.name] = _select(
                gettext(choice.label), [(key, _way(choice.name, key, text)) for key, text in choice.values.items()]
            )
        for option in kind.options:
            fields[option.name] = forms.IntegerField(
                label=gettext(option.label),
                min_value=option.least,
                max_value=option.most,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        for name, values in report.values.items():
            texts = [
                (
                    value,
                    wording.plain(Sentence("{name}", {"name": ("segment", value)}), "said")
                    if name == "segment"
                    else value,
                )
                for value in values
            ]
            label = olap.DIMENSIONS[name].label if name in olap.DIMENSIONS else name
            fields[f"in_{name}"] = _select(gettext(label), [("", gettext("all")), *texts])
        fields["where"] = forms.CharField(
            label=_("Only where"),
            required=False,
            max_length=2000,
            help_text=gettext("For example: %(example)s") % {"example": WHERE},
        )

    @property
    def main(self) -> list[Any]:
        """The fields that are seen first."""
        return [self[name] for name in self.fields if not self._is_filter(name)]

    @property
    def filters(self) -> list[Any]:
        """The conditions, folded unless one is set."""
        return [self[name] for name in self.fields if self._is_filter(name)]

    @property
    def filtered(self) -> bool:
        """Whether a condition is set."""
        return any(self.initial.get(name) for name in self.fields if self._is_filter(name))

    @staticmethod
    def _is_filter(name: str) -> bool:
        return name == "where" or name.startswith("in_")


def link(report: Frame) -> str:
    """The address of a report with all that was asked of it, so that it says the same later."""
    given = {name: value for name, value in _initial(report).items() if value not in ("", None)}
    if report.kind.everything:
        given.pop("months", None)
    if report.kind.splits:
        given["split"] = report.ask.split or ""
    return f"{reverse('analysis:report', args=[report.kind.name])}?{urlencode(given)}"


def _select(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices)


def _way(name: str, key: str, text: str) -> str:
    """A choice's text; RFM segments by the names the company gave them."""
    return wording.plain(key, "segment") if name == "segment" else gettext(text)


def _lengths(report: Frame) -> list[int]:
    return sorted({*LENGTHS, report.ask.months})


def _length(n: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n}


def _initial(report: Frame) -> dict[str, Any]:
    ask = report.ask
    return {
        "months": str(ask.months),
        "end": ask.end,
        "against": ask.against,
        "split": ask.split or "",
        "where": ask.where,
        **ask.numbers,
        **ask.ways,
        **{f"in_{name}": value for name, value in ask.only.items()},
    }
