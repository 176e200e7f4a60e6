"""The eight segments with their strategies, and which way a customer goes between two of them."""

from dataclasses import dataclass


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Strategy:
    """What to do with a segment: a short name for its people, one line of strategy, and how to go about it."""

    code: str
    name: str
    aim: str
    text: str


STRATEGIES: dict[str, Strategy] = {
    strategy.code: strategy
    for strategy in (
        Strategy("HHH", N_("Regulars"), N_("Keep their loyalty"), N_(
            "They bought lately, buy often and spend much. Thank them, give them advance notice and a person to turn "
            "to, and do not train them to wait for discounts.")),
        Strategy("HHL", N_("Small-basket regulars"), N_("Raise the ticket"), N_(
            "They come often but spend little each time. Offer new and serial products and cross-sell what goes with "
            "their usual purchase; bundles work better than discounts.")),
        Strategy("HLH", N_("Occasional big spenders"), N_("Raise the frequency"), N_(
            "They bought lately and spend much, but seldom. Bring them back between large purchases with single "
            "functional items and reminders before they run out.")),
        Strategy("HLL", N_("Budding customers"), N_("Show them the range"), N_(
            "They bought lately, but little so far. Announce new products, plan a visit or a first-months programme, "
            "and watch for the second purchase.")),
        Strategy("LHH", N_("Resting regulars"), N_("Find out why they rest"), N_(
            "They buy often and much, but have not come lately. Ask for the reason in person first: each one "
            "lost costs the most. Then answer that reason, not everyone's.")),
        Strategy("LHL", N_("Resting small baskets"), N_("Reactivate"), N_(
            "They come often for small purchases, but not lately. Remind them of their usual products with a small "
            "reason to come now, through an inexpensive channel.")),
        Strategy("LLH", N_("Resting big spenders"), N_("Win back with a reason"), N_(
            "They make large purchases seldom, and none lately. Contact them around the next likely need with a "
            "product that follows on what they bought.")),
        Strategy("LLL", N_("Drifted away"), N_("Minimise the cost"), N_(
            "They bought little and not lately. Keep them in inexpensive, automatic contact only, and test "
            "reactivation on a sample before spending on all.")),
    )
}  # fmt: skip
SEGMENTS = tuple(STRATEGIES)
NOT_YET = ""  # in a migration: no purchase yet at the earlier month
UP, DOWN, SIDEWAYS, STAYED, NEW = "up", "down", "sideways", "stayed", "new"


def way(before: str, after: str) -> str:
    """Which way somebody went: up or down by how many axes are high, sideways, stayed, or new."""
    if before == NOT_YET:
        return NEW
    if before == after:
        return STAYED
    rise = after.count("H") - before.count("H")
    return UP if rise > 0 else DOWN if rise < 0 else SIDEWAYS
