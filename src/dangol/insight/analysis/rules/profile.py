"""Who is found among some people more or less often than among all: indices, with chance kept out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dangol.insight.analysis.rules.findings import N_, UNKNOWN, Bought, Finding, Sentence, label, say

SURE = 3.090232  # two-sided 99.8 %: many groups are looked at
TELLING = 0.15  # a smaller difference is not told, however sure


@dataclass(frozen=True)
class Share:
    """A group among some people and among all. n, base: how many are in it; of, of_base: of how many."""

    group: Any
    n: int
    of: int
    base: int
    of_base: int
    dimension: str = ""  # whose group it is, where that is not the split

    @property
    def share(self) -> float | None:
        """The group's share of the people."""
        return self.n / self.of if self.of else None

    @property
    def base_share(self) -> float | None:
        """The group's share of all."""
        return self.base / self.of_base if self.of_base else None

    def index(self, least: int) -> float | None:
        """100 where the group is as frequent as among all. None where fewer than `least` would be expected."""
        if not self.of or not self.of_base or self.of * self.base / self.of_base < least:
            return None
        return 100 * (self.n / self.of) / (self.base / self.of_base)

    def distance(self) -> float:
        """By how many standard errors the number differs from what is expected."""
        expected = self.base / self.of_base if self.of_base else 0
        spread = math.sqrt(self.of * expected * (1 - expected)) if 0 < expected < 1 else 0
        return (self.n - self.of * expected) / spread if spread else 0.0


OVER = N_("{group} is over-represented: index {index} against 100 for all.")
UNDER = N_("{group} is under-represented: index {index} against 100 for all.")
ALIKE = N_("They differ from all others by no more than chance explains.")
FEW = N_("No group has {least} expected customers: not enough data to compare.")
MOST = 2


def findings(
    shares: Sequence[Share], least: int, aim: tuple[str, tuple[str, ...]] = ("", ()), bought: tuple[Bought, ...] = ()
) -> list[Finding]:
    """The groups that stand out most, both ways; that none does is an answer. aim, bought: of the campaign."""
    said = [one for one in shares if not (isinstance(one.group, Sentence) and one.group.template == UNKNOWN)]
    if all(one.index(least) is None for one in said):
        return [Finding(say(FEW, least=("count", least)))]
    known = [(one, index) for one in said if (index := one.index(least)) is not None and abs(one.distance()) > SURE]
    over = sorted((pair for pair in known if pair[1] >= 100 * (1 + TELLING)), key=lambda pair: -pair[1])[:MOST]
    under = sorted((pair for pair in known if pair[1] <= 100 * (1 - TELLING)), key=lambda pair: pair[1])[:MOST]
    told = [
        Finding(
            say(OVER, group=label(one.group), index=("index", index)),
            "good",
            *aim,
            bought,
            one.dimension,
            exact=bool(bought),
        )
        for one, index in over
    ]
    told += [Finding(say(UNDER, group=label(one.group), index=("index", index)), "bad") for one, index in under]
    return told or [Finding(say(ALIKE))]


def of_rows(
    some: Mapping[Any, int], all_of: Mapping[Any, int], of: int, of_base: int, dimension: str = ""
) -> list[Share]:
    """The shares of all groups, the largest of all first."""
    groups = sorted(all_of, key=lambda group: -all_of[group])
    return [Share(group, some.get(group, 0), of, all_of[group], of_base, dimension) for group in groups]
