"""What customers are described by. A feature is a number per customer, worked out from purchases up to a day."""

from collections.abc import Sequence
from dataclasses import dataclass

from dangol.base.errors import BadInput


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


LONGEST_WINDOW_DAYS = 3660
FAMILY_MEMBERS = 6  # of a family, so many with the largest sales are taken


@dataclass(frozen=True)
class Feature:
    """One number per customer.

    kind: number, days, money (minor units) or share (0..1). more, less: what a group is called that lies above or
    below all customers. value: of a family's member, what it is the share of; texts name it {value}.
    in_window: whether it counts the purchases of the window only.
    """

    name: str
    label: str
    kind: str
    more: str
    less: str
    definition: str
    value: str = ""
    in_window: bool = True

    @property
    def column(self) -> str:
        """A plain column name for it, the same for the same feature."""
        if not self.value:
            return self.name
        family = self.name.partition(":")[0]
        return f"{family}_" + "".join(
            one if one.isascii() and one.isalnum() else f"_{ord(one):x}_" for one in self.value
        )


OWN = {
    one.name: one
    for one in (
        Feature("recency_days", N_("Days since the last purchase"), "days", N_("resting"), N_("bought lately"),
                N_("Days from the last purchase to the day of counting."), in_window=False),
        Feature("orders", N_("Orders"), "number", N_("frequent"), N_("infrequent"), N_("Orders in the window.")),
        Feature("amount", N_("Sales"), "money", N_("high sales"), N_("low sales"),
                N_("Sales in the window, returns taken off.")),
        Feature("average_ticket", N_("Average ticket"), "money", N_("large tickets"), N_("small tickets"),
                N_("Sales per order in the window.")),
        Feature("lines_per_order", N_("Lines per order"), "number", N_("full baskets"), N_("few items at a time"),
                N_("Sales lines per order in the window.")),
        Feature("discount_share", N_("Discount share"), "share", N_("bargain seekers"), N_("full price"),
                N_("Discounts as a share of sales before discounts, in the window.")),
        Feature("interval_days", N_("Days between orders"), "days", N_("long intervals"), N_("short intervals"),
                N_("Mean days between two orders in all history; unknown after a single one."), in_window=False),
        Feature("tenure_days", N_("Days since the first purchase"), "days", N_("long-standing"), N_("newcomers"),
                N_("Days from the first purchase to the day of counting."), in_window=False),
    )
}  # fmt: skip
LIFETIME = {
    one.name: one
    for one in (
        Feature("p_alive", N_("Activity probability"), "share", N_("surely active"), N_("probably gone"),
                N_("Probability of being active, from lifetime value."), in_window=False),
        Feature("expected_purchases", N_("Expected purchases"), "number", N_("many purchases to come"),
                N_("few purchases to come"), N_("Purchases expected in the horizon of lifetime value."),
                in_window=False),
        Feature("lifetime_value", N_("Lifetime value"), "money", N_("high lifetime value"), N_("low lifetime value"),
                N_("Value expected in the horizon of lifetime value, discounted."), in_window=False),
    )
}  # fmt: skip
FAMILIES = {
    one.name: one
    for one in (
        Feature("class", N_("Share of {value}"), "share", N_("much {value}"), N_("little {value}"),
                N_("Share of sales in the window that went to the product class {value}.")),
        Feature("channel", N_("Share by {value}"), "share", N_("mostly {value}"), N_("seldom {value}"),
                N_("Share of sales in the window that came by the channel {value}.")),
    )
}  # fmt: skip
ATTRIBUTE = Feature("is", "{value}", "share", "{value}", N_("not {value}"), N_("1 where the attribute has the value."),
                    in_window=False)  # fmt: skip
# A column of a table from anywhere, which says nothing of itself but its name.
COLUMN = Feature("column", "{value}", "number", N_("high {value}"), N_("low {value}"), N_("The column {value}."),
                 in_window=False)  # fmt: skip
FAMILY_LABELS = {"class": N_("Shares of the largest product classes"), "channel": N_("Shares of the channels")}
USUAL = ("recency_days", "orders", "average_ticket", "discount_share", "interval_days", "tenure_days")
CHOICES = (*OWN, *FAMILIES, *LIFETIME)  # what people choose from; a family stands for its largest members


def feature(name: str) -> Feature:
    """A feature by its name; members of a family are named `class:value`. Raises BadInput."""
    known = OWN.get(name) or LIFETIME.get(name)
    if known:
        return known
    family, _sign, value = name.partition(":")
    whole = FAMILIES.get(family) or {ATTRIBUTE.name: ATTRIBUTE, COLUMN.name: COLUMN}.get(family)
    if whole and value:
        return Feature(name, whole.label, whole.kind, whole.more, whole.less, whole.definition, value)
    raise BadInput("There is no feature {name}. Known are: {known}.", field="features", name=name[:60],
                   known=", ".join(CHOICES))  # fmt: skip


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """Names of features or families as people chose them, each once. Raises BadInput."""
    found = tuple(dict.fromkeys(names))
    for name in found:
        if name not in FAMILIES:
            feature(name)
    if not found or len(found) > 60:
        raise BadInput("Choose at least one feature.", field="features")
    return found


def family_members(names: Sequence[str], family: str) -> list[str]:
    """The values of a family among names: product classes or channels."""
    return [one.value for one in map(feature, names) if one.value and one.name.startswith(f"{family}:")]
