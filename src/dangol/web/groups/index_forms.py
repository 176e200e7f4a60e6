"""What a customer index is made of, as fields: a row a part, grades as people write them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from dangol.base.errors import BadInput
from dangol.insight.score.index import reads, rules
from dangol.insight.score.index.rules import Definition, Part
from dangol.web.groups.forms import WINDOWS
from dangol.web.sentences import say

ROWS = 5
GRADES = ", ".join(f"{one.name}={one.least:g}" for one in rules.USUAL_GRADES)


class IndexForm(forms.Form):
    """Name, purpose, ROWS parts (source, weight, scale, reverse, points), window and grades."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    purpose = forms.CharField(label=gettext_lazy("What it is for"), max_length=300, required=False,
                              widget=forms.Textarea(attrs={"rows": 2}))  # fmt: skip
    window_days = forms.TypedChoiceField(
        label=gettext_lazy("Purchases of"), choices=WINDOWS, coerce=int, empty_value=None, required=False,
        initial="365",
    )  # fmt: skip
    grades = forms.CharField(
        label=gettext_lazy("Grades"), max_length=200, initial=GRADES,
        help_text=gettext_lazy("Where each grade begins, best first: A=80, B=60, C=0."),
    )  # fmt: skip

    def __init__(self, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed:
            del self.fields["name"]
        sources = [("", "–"), *reads.sources()]
        scales = [(code, say(text)) for code, text in rules.SCALES.items()]
        for n in range(ROWS):
            self.fields[f"source{n}"] = forms.ChoiceField(
                label=gettext_lazy("Part of the index"),
                choices=sources,
                required=False,
                initial=rules.RFM if n == 0 else "",
            )
            self.fields[f"weight{n}"] = forms.FloatField(
                label=gettext_lazy("Weight"), min_value=0, max_value=1000, required=False, initial=1
            )
            self.fields[f"scale{n}"] = forms.ChoiceField(label=gettext_lazy("Scale"), choices=scales, required=False)
            self.fields[f"reverse{n}"] = forms.BooleanField(label=gettext_lazy("less is better"), required=False)
            self.fields[f"points{n}"] = forms.CharField(
                label=gettext_lazy("Points by group"), max_length=200, required=False,
                help_text=gettext_lazy("Like 1=100, 2=50."),
            )  # fmt: skip

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each part together."""
        return [{name: self[f"{name}{n}"] for name in ("source", "weight", "scale", "reverse", "points")}
                for n in range(ROWS)]  # fmt: skip

    def definition(self) -> Definition:
        """What was filled in. Raises BadInput with the field at fault."""
        given = self.cleaned_data
        parts = tuple(self._part(given, n) for n in range(ROWS) if given[f"source{n}"])
        return Definition(given["purpose"], parts, rules.grades(given["grades"]), given["window_days"])

    def _part(self, given: Mapping[str, Any], n: int) -> Part:
        source = given[f"source{n}"]
        weight = given[f"weight{n}"] if given[f"weight{n}"] is not None else 1.0
        try:
            points = rules.points(given[f"points{n}"]) if source.startswith(f"{rules.GROUP}:") else ()
            return Part(source, weight, given[f"scale{n}"] or "percentile", given[f"reverse{n}"], points=points)
        except BadInput as wrong:
            raise BadInput(wrong.template, field=f"{wrong.field}{n}", **wrong.params) from None


def initial(definition: Definition) -> dict[str, Any]:
    """The form as a definition would fill it in."""
    filled: dict[str, Any] = {
        "purpose": definition.purpose, "window_days": definition.window_days or "",
        "grades": ", ".join(f"{one.name}={one.least:g}" for one in definition.grades), "source0": "",
    }  # fmt: skip
    for n, part in enumerate(definition.parts[:ROWS]):
        filled |= {f"source{n}": part.source, f"weight{n}": part.weight, f"scale{n}": part.scale,
                   f"reverse{n}": part.reverse,
                   f"points{n}": ", ".join(f"{code}={value:g}" for code, value in part.points)}  # fmt: skip
    return filled
