"""What is bought together: support, confidence and lift of pairs, by whole counts.

Source: R. Agrawal, T. Imielinski, A. Swami, "Mining association rules between sets of items in large databases",
SIGMOD 1993 (support, confidence); S. Brin et al., "Dynamic itemset counting", SIGMOD 1997 (lift, there "interest").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dangol.insight.analysis.rules.findings import N_, Bought, Finding, label, named, say


@dataclass(frozen=True)
class Pair:
    """Two items, counted in baskets: both, those with the first, with the second, and all."""

    first: str
    second: str
    both: int
    with_first: int
    with_second: int
    baskets: int

    @property
    def support(self) -> float:
        """The share of all baskets that hold both."""
        return self.both / self.baskets

    @property
    def confidence(self) -> float:
        """Of the baskets with the first, the share that hold the second too."""
        return self.both / self.with_first

    @property
    def lift(self) -> float:
        """How many times as often as if the two had nothing to do with each other."""
        return self.both * self.baskets / (self.with_first * self.with_second)


def pairs(counts: Mapping[tuple[str, str], int], single: Mapping[str, int], baskets: int, least: int) -> list[Pair]:
    """The pairs found in at least so many baskets, the highest lift first; first is the rarer item of the two."""
    found = []
    for (one, other), both in counts.items():
        if both >= least:
            first, second = sorted((one, other), key=lambda item: (single[item], item))
            found.append(Pair(first, second, both, single[first], single[second], baskets))
    return sorted(found, key=lambda pair: (-pair.lift, -pair.both, pair.first))


STRONGEST = N_("{first} and {second} are bought together {lift} times as often as chance would have it.")
TOO = N_("{confidence} of the orders with {first} also hold {second}. Offer it to the others.")
NONE = N_("No pair is found in {least} baskets.")
WEAK = N_("No pair is bought together more often than chance explains.")


def findings(found: Sequence[Pair], least: int, of: str) -> list[Finding]:
    """The strongest pair, and the surest one that is no chance. of: the dimension whose groups are paired."""
    if not found:
        return [Finding(say(NONE, least=("count", least)))]
    best = found[0]
    if best.lift <= 1:
        return [Finding(say(WEAK))]
    told = [
        Finding(
            say(STRONGEST, first=label(named(best.first)), second=label(named(best.second)), lift=("ratio", best.lift)),
            "good",
            "cross_sell",
            ("HLH", "HHL"),
            without_second(best, of),
            offer=best.second,
            exact=True,
        )
    ]
    sure = max((pair for pair in found if pair.lift > 1.2), key=lambda pair: pair.confidence, default=None)
    if sure is not None:
        told.append(
            Finding(
                say(
                    TOO,
                    first=label(named(sure.first)),
                    second=label(named(sure.second)),
                    confidence=("share", sure.confidence),
                ),
                "good",
                "cross_sell",
                ("HLH", "HHL"),
                without_second(sure, of),
                offer=sure.second,
                exact=True,
            )
        )
    return told


def without_second(pair: Pair, of: str) -> tuple[Bought, ...]:
    """Who bought the first of a pair and not the second: to whom the second can be offered."""
    return (Bought(dimension=of, value=pair.first), Bought(dimension=of, value=pair.second, least=None, most=0))


def both(pair: Pair, of: str) -> tuple[Bought, ...]:
    """Who bought both of a pair in the period."""
    return (Bought(dimension=of, value=pair.first), Bought(dimension=of, value=pair.second))
