"""What is asked for when clusters are to be found."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.customers.identify.rules import ATTRIBUTE_NAMES
from dangol.insight.olap.rules import DIMENSIONS
from dangol.insight.score.groups import growing, reads
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.clusters import FEWEST_K, METHODS, MOST_K, Wanted
from dangol.insight.score.groups.rules.features import FAMILIES, FAMILY_LABELS, OWN, USUAL
from dangol.insight.score.groups.rules.trees import TARGETS
from dangol.insight.score.groups.wording import label as feature_label
from dangol.web.sentences import say

WINDOWS = (("90", gettext_lazy("90 days")), ("180", gettext_lazy("180 days")), ("365", gettext_lazy("1 year")),
           ("", gettext_lazy("all history")))  # fmt: skip
NUMBERS = [("0", gettext_lazy("as the data show")), *((str(k), str(k)) for k in range(FEWEST_K, MOST_K + 1))]


def label(name: str) -> str:
    """A feature or family in the reader's language."""
    return say(FAMILY_LABELS[name]) if name in FAMILIES else feature_label(name)


OF_FIELDS = {"responded": "campaign", "attribute": "value"}  # which field completes a target


def _labels(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, label(name)) for name in names]


class TreeForm(forms.Form):
    """A name, the target, what rules may ask, and the lengths of both periods."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    target = forms.ChoiceField(label=gettext_lazy("Whom the rules should tell apart"), choices=(),
                               widget=forms.RadioSelect, initial="high_value")  # fmt: skip
    campaign = forms.ChoiceField(label=gettext_lazy("Campaign"), choices=(), required=False)
    value = forms.ChoiceField(label=gettext_lazy("Attribute"), choices=(), required=False)
    features = forms.MultipleChoiceField(
        label=gettext_lazy("What rules may ask"), widget=forms.CheckboxSelectMultiple, initial=list(OWN), required=False
    )
    attributes = forms.MultipleChoiceField(
        label=gettext_lazy("Attributes rules may ask"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=gettext_lazy("Generated attributes are not real: use them only to try things out."),
    )  # fmt: skip
    target_days = forms.TypedChoiceField(
        label=gettext_lazy("Period of the target"), choices=WINDOWS[:2], coerce=int, initial="90",
        help_text=gettext_lazy("Rules are made from what was known before this period began."),
    )  # fmt: skip
    window_days = forms.TypedChoiceField(
        label=gettext_lazy("Purchases of"), choices=WINDOWS, coerce=int, empty_value=None, required=False,
        initial="180",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known, fields, made_up = growing.choices(), cast(Any, self.fields), _("generated")
        fields["target"].choices = [(code, say(text)) for code, text in TARGETS.items()]
        fields["campaign"].choices = [("", "–"), *known.campaigns]
        fields["value"].choices = [("", "–"), *((one, one.replace("=", ": ", 1)) for one in known.values)]
        fields["features"].choices = _labels(reads.choices())
        fields["attributes"].choices = [
            (name, format_html("{} ({})", _attribute(name), made_up) if made else _attribute(name))
            for name, made in known.attributes.items()
        ]
        fields["attributes"].initial = [name for name, made in known.attributes.items() if not made]

    def wanted(self) -> trees.Wanted:
        """What was filled in. Raises BadInput."""
        given = self.cleaned_data
        of = given[OF_FIELDS[given["target"]]] if given["target"] in OF_FIELDS else ""
        return trees.Wanted(given["target"], of, tuple(given["features"]), tuple(given["attributes"]),
                            given["window_days"], given["target_days"])  # fmt: skip


def _attribute(name: str) -> str:
    """An attribute by its label, or by the name that the source gave it."""
    known = DIMENSIONS[name].label if name in DIMENSIONS else ATTRIBUTE_NAMES.get(name)
    return _(known) if known else format_html("<span data-own>{}</span>", name)


class ClustersForm(forms.Form):
    """A name, the features, the method, the window and the number of clusters."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    features = forms.MultipleChoiceField(
        label=gettext_lazy("What customers are compared by"), widget=forms.CheckboxSelectMultiple, initial=USUAL,
        help_text=gettext_lazy("Few, different ones make clear groups; two that say the same count twice."),
    )  # fmt: skip
    method = forms.ChoiceField(
        label=gettext_lazy("Method"), choices=(), widget=forms.RadioSelect, initial="kmeans",
        help_text=gettext_lazy("k-means: round groups of like width, the usual choice. Mixture: groups of different "
                               "width. Hierarchy: groups grown from pairs."),
    )  # fmt: skip
    window_days = forms.TypedChoiceField(
        label=gettext_lazy("Purchases of"), choices=WINDOWS, coerce=int, empty_value=None, required=False,
        initial="365",
    )  # fmt: skip
    k = forms.TypedChoiceField(label=gettext_lazy("Number of clusters"), choices=NUMBERS, coerce=int, initial="0")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        features: Any = self.fields["features"]
        features.choices = _labels(reads.choices())
        method: Any = self.fields["method"]
        method.choices = [(code, say(text)) for code, text in METHODS.items()]

    def wanted(self) -> Wanted:
        """What was filled in. Raises BadInput."""
        given = self.cleaned_data
        return Wanted(given["method"], tuple(given["features"]), given["window_days"], given["k"])
