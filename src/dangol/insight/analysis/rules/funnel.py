"""The customer funnel: accumulated -> current -> meaningful customers, and whom each step sets apart.

Every customer of the base is in exactly one group, so the groups add up to all customers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dangol.insight.analysis.rules.findings import EVER, N_, Bought, Finding, say

ACCUMULATED, CURRENT, MEANINGFUL = "accumulated", "current", "meaningful"
PRIZE, TRIAL, LEFT, SECONDARY, LOW = "prize_only", "trial", "left", "secondary", "low_power"
APART = (PRIZE, TRIAL, LEFT, SECONDARY, LOW)
GROUPS = (*APART, MEANINGFUL)
LABELS: Mapping[str, str] = {
    ACCUMULATED: N_("Accumulated customers"),
    CURRENT: N_("Current customers"),
    MEANINGFUL: N_("Meaningful customers"),
    PRIZE: N_("Prize-only customers"),
    TRIAL: N_("Trial customers"),
    LEFT: N_("Customers who left"),
    SECONDARY: N_("Secondary-use customers"),
    LOW: N_("Low-power customers"),
}
DEFINITIONS: Mapping[str, str] = {
    ACCUMULATED: N_("All customers of the base up to that day, whether they have bought or not."),
    PRIZE: N_("Never paid for anything: they came by a prize, a survey, a sign-up or a free sample."),
    TRIAL: N_("Paid, but not in more than “orders of a trial” orders in all."),
    LEFT: N_("Bought more often than on trial, but paid for nothing in the last “days of a current customer”."),
    CURRENT: N_("All others: accumulated customers without prize-only, trial and left ones."),
    SECONDARY: N_(
        "Current, but with fewer orders in those days than “orders of a main customer”: they use the company beside "
        "another one."
    ),
    LOW: N_(
        "Current and regular, but spending less in those days than “low power” percent of the mean of current "
        "customers."
    ),
    MEANINGFUL: N_("All other current customers: those the company lives on."),
}
SUGGESTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    TRIAL: ("cross_sell", ("HLL", "HLH")),
    LEFT: ("reactivate", ("LHH", "LHL", "LLH")),
    SECONDARY: ("cross_sell", ("HLH", "HLL")),
    LOW: ("up_sell", ("HHL",)),
}


FEWEST = 30


@dataclass(frozen=True)
class Bounds:
    """The settable part of the definitions; days and orders are whole numbers, low_percent of the mean spend."""

    current_days: int = 180
    trial_orders: int = 1
    main_orders: int = 3
    low_percent: int = 25


def steps(sizes: Mapping[str, int]) -> dict[str, int]:
    """The three steps of the funnel from the sizes of the groups."""
    everyone = sum(sizes.get(group, 0) for group in GROUPS)
    current = everyone - sum(sizes.get(group, 0) for group in (PRIZE, TRIAL, LEFT))
    return {ACCUMULATED: everyone, CURRENT: current, MEANINGFUL: sizes.get(MEANINGFUL, 0)}


CHAIN = N_("Of {all} accumulated customers {current} are current and {meaningful} ({share}) are meaningful.")
LARGEST = N_("Largest group lost on the way: {group}, {n} customers ({share}).")
SALES = N_("Meaningful customers make {share} of the sales of the last {days} days.")
FEW = N_("Fewer than {least} customers: not enough data to judge the steps.")
GREW = N_("Meaningful customers: {n} more than on the day compared with.")
SHRANK = N_("Meaningful customers: {n} fewer than on the day compared with.")


def findings(
    sizes: Mapping[str, int], before: Mapping[str, int], amounts: Mapping[str, int], bounds: Bounds
) -> list[Finding]:
    """What the funnel says. sizes, before: customers by group; amounts: sales in the window by group (minor units)."""
    now, earlier = steps(sizes), steps(before)
    everyone = now[ACCUMULATED]
    if not everyone:
        return []
    found = [
        Finding(
            say(
                CHAIN,
                all=("count", everyone),
                current=("count", now[CURRENT]),
                meaningful=("count", now[MEANINGFUL]),
                share=("share", now[MEANINGFUL] / everyone),
            )
        )
    ]
    if everyone < FEWEST:
        return [*found, Finding(say(FEW, least=("count", FEWEST)))]
    whole = sum(amounts.values())
    if whole > 0 and now[MEANINGFUL]:
        share = amounts.get(MEANINGFUL, 0) / whole
        found.append(
            Finding(
                say(SALES, share=("share", share), days=("count", bounds.current_days)),
                "good",
                "keep",
                ("HHH",),
                _main(bounds),
                exact=True,
            )
        )
    largest = max(APART, key=lambda group: sizes.get(group, 0))
    if sizes.get(largest):
        found.append(
            Finding(
                say(
                    LARGEST,
                    group=("said", LABELS[largest]),
                    n=("count", sizes[largest]),
                    share=("share", sizes[largest] / everyone),
                ),
                "bad",
                *SUGGESTED.get(largest, ("", ())),
                apart(largest, bounds),
                exact=largest != LOW,
            )
        )
    step = now[MEANINGFUL] - earlier[MEANINGFUL]
    if earlier[ACCUMULATED] and step:
        grew = step > 0
        said = say(GREW if grew else SHRANK, n=("count", abs(step)))
        if grew:
            found.append(Finding(said, "good", "keep", ("HHH",), _main(bounds), exact=True))
        else:
            found.append(Finding(said, "bad", "prevent", ("LHH", "LHL"), _current(bounds)))
    return found


def _current(bounds: Bounds) -> tuple[Bought, ...]:
    return (Bought(EVER, least=bounds.trial_orders + 1), Bought(days=bounds.current_days))


def _main(bounds: Bounds) -> tuple[Bought, ...]:
    return (Bought(days=bounds.current_days, least=bounds.main_orders),)


def apart(group: str, bounds: Bounds) -> tuple[Bought, ...]:
    """What the customers of a group that is set apart bought; nothing where that is no condition on one customer."""
    return {
        TRIAL: (Bought(EVER, most=bounds.trial_orders),),
        LEFT: (Bought(EVER, least=bounds.trial_orders + 1, quiet_days=bounds.current_days),),
        SECONDARY: (
            Bought(EVER, least=bounds.trial_orders + 1),
            Bought(days=bounds.current_days, most=max(bounds.main_orders - 1, 1)),
        ),
        LOW: _main(bounds),
    }.get(group, ())
