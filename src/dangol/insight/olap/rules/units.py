"""What the number of a formula is."""

from collections.abc import Callable

from dangol.insight.olap.rules.formulas import (
    CUMULATIVE,
    Among,
    Constant,
    Formula,
    Framed,
    Name,
    Negative,
    Operation,
    Otherwise,
)
from dangol.insight.olap.rules.items import Unit


def unit_of(formula: Formula, of: Callable[[str], Unit]) -> Unit:
    """The unit of a formula: money stays money divided by a count, alike by alike is a ratio. of: that of a measure."""
    match formula:
        case Name(name):
            return of(name)
        case Constant() | Among("rank"):
            return Unit.COUNT
        case Negative(inner) | Framed(_, inner) | Among(_, inner) | Otherwise(inner, _):
            return unit_of(inner, of)
        case Operation("/", left, right) if _is_share(left, right):
            return Unit.SHARE
        case Operation(sign, left, right):
            units = [unit_of(left, of), unit_of(right, of)]
            if sign == "/":
                plain = units[1] == Unit.COUNT and units[0] != Unit.COUNT
                return units[0] if plain else Unit.RATIO
            others = [unit for unit in units if unit != Unit.COUNT] or units
            return others[0] if sign != "*" or len(others) == 1 else Unit.RATIO


def _is_share(left: Formula, right: Formula) -> bool:
    """Whether a quotient is a share of a whole, or a growth."""
    one = left.of if isinstance(left, Among) and left.name == CUMULATIVE else left
    part = isinstance(right, Framed) and not right.frame.timed and right.of == one
    return part or (isinstance(left, Operation) and left.sign == "-" and left.right == right)
