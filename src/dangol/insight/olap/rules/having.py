"""Conditions on the figures of an answer: which rows are kept."""

from collections.abc import Mapping
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import And, Between, Compare, Condition, In, IsNull, Not, Or, Value


def holds(condition: Condition, row: Mapping[str, Any]) -> bool:  # noqa: PLR0911  one return a kind of condition
    """Whether the figures of a row meet a condition; a comparison with a missing one is never true.

    Raises BadInput for a value that is no number, or a condition that is not one on numbers.
    """
    match condition:
        case And(parts):
            return all(holds(part, row) for part in parts)
        case Or(parts):
            return any(holds(part, row) for part in parts)
        case Not(inner):
            return not holds(inner, row)
        case IsNull(name):
            return row[name] is None
        case In(name, values):
            return row[name] in [_number(name, value) for value in values]
        case Between(name, low, high):
            least, most = _number(name, low), _number(name, high)
            return row[name] is not None and least <= row[name] <= most
        case Compare(name, sign, value):
            right = _number(name, value)
            return row[name] is not None and _compared(row[name], sign, right)
        case _:
            raise BadInput("Figures are compared by =, !=, <, <=, >, >=, in, between or is missing.", field="having")


def _number(name: str, value: Value) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadInput("“{text}” is not a number, but {measure} is one.", field="having", text=str(value)[:40],
                       measure=name) from None  # fmt: skip


def _compared(left: float, sign: str, right: float) -> bool:
    return {
        "=": left == right, "!=": left != right, "<": left < right, "<=": left <= right, ">": left > right,
        ">=": left >= right,
    }[sign]  # fmt: skip
