"""What a star is asked for: measures, dimensions, and hierarchies of them."""

from dataclasses import dataclass
from enum import StrEnum

from dangol.insight.olap.rules.conditions import Condition
from dangol.insight.olap.rules.formulas import Formula


class Unit(StrEnum):
    """What the number of a measure is, and how it is shown."""

    MONEY = "money"  # minor units, possibly a fraction of one
    COUNT = "count"
    RATIO = "ratio"  # a plain number with decimals
    SHARE = "share"  # 0..1, shown in percent
    DAYS = "days"


@dataclass(frozen=True)
class Measure:
    """A figure. family: from which facts it is computed; additive: whether groups add up to the whole.

    formula: over other measures, instead of facts. condition: on every measure of the formula. zero: whether a group
    without rows counts 0 (else it is missing). own: somebody's own measure. ko, ko_definition: the Korean texts where
    they are not in the catalogues, because the measure is declared outside this package.
    """

    name: str
    label: str
    unit: Unit
    definition: str
    family: str
    additive: bool = False
    formula: Formula | None = None
    condition: Condition | None = None
    zero: bool = False
    own: bool = False
    ko: str = ""
    ko_definition: str = ""
    also: str = ""


@dataclass(frozen=True)
class Dimension:
    """Something to group or filter by. of: where its values lie (period, or a table's role); column: theirs there.

    ordered: whether its members have an order of their own, as weekdays have; a period always has.
    ranked: whether it ranks customers by what they bought under the question's conditions (see `conditions.Over`).
    also: words that mean it too.
    """

    name: str
    label: str
    definition: str
    of: str
    column: str = ""
    ko: str = ""
    ko_definition: str = ""
    ordered: bool = False
    ranked: bool = False
    also: str = ""

    @property
    def is_period(self) -> bool:
        """Whether it cuts time."""
        return self.of == "period"


@dataclass(frozen=True)
class Hierarchy:
    """A way to drill down. levels: names of dimensions, from coarse to fine.

    ragged: whether a member may lack a level, such as a customer who has a branch and no rep.
    """

    name: str
    label: str
    levels: tuple[str, ...]
    ragged: bool = False
    ko: str = ""


def words(item: Measure | Dimension) -> list[str]:
    """The words that mean a measure or dimension besides its name and label."""
    return [word.strip() for word in item.also.split(",") if word.strip()]
