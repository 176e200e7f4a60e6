"""What is asked for when clusters are to be found."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.insight.score.groups import reads
from dangol.insight.score.groups.rules.clusters import FEWEST_K, METHODS, MOST_K, Wanted
from dangol.insight.score.groups.rules.features import FAMILIES, FAMILY_LABELS, USUAL

WINDOWS = (("90", gettext_lazy("90 days")), ("180", gettext_lazy("180 days")), ("365", gettext_lazy("1 year")),
           ("", gettext_lazy("all history")))  # fmt: skip
NUMBERS = [("0", gettext_lazy("as the data show")), *((str(k), str(k)) for k in range(FEWEST_K, MOST_K + 1))]


def label(name: str) -> str:
    """A feature or family in the reader's language."""
    return _(FAMILY_LABELS[name]) if name in FAMILIES else reads.label(name)


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
        features.choices = [(name, label(name)) for name in reads.choices()]
        method: Any = self.fields["method"]
        method.choices = [(code, _(said)) for code, said in METHODS.items()]

    def wanted(self) -> Wanted:
        """What was filled in. Raises BadInput."""
        given = self.cleaned_data
        return Wanted(given["method"], tuple(given["features"]), given["window_days"], given["k"])
