"""The conditions of a question as a tree; `grammar` reads it from a text."""

from dataclasses import dataclass

MOST_CHARACTERS = 4_000
PARTS = ("contains", "starts", "ends")

Value = str | int | float


@dataclass(frozen=True)
class Compare:
    name: str
    sign: str  # = != < <= > >=
    value: Value


@dataclass(frozen=True)
class In:
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Between:
    name: str
    low: Value
    high: Value


@dataclass(frozen=True)
class Under:
    """A member of a hierarchy, by its path from the coarsest level down."""

    name: str
    path: tuple[Value, ...]


@dataclass(frozen=True)
class Has:
    """A text that holds another. way: one of PARTS, where in it; capital and small letters are alike."""

    name: str
    way: str
    text: str


@dataclass(frozen=True)
class Recent:
    """Days said from the last one of the data (see `recent`). count: how many periods back, or, rolling, how many."""

    name: str
    unit: str
    count: int
    rolling: bool = False


@dataclass(frozen=True)
class IsNull:
    """Missing. blank: or a text of nothing but blanks."""

    name: str
    blank: bool = False


@dataclass(frozen=True)
class Over:
    """No condition on rows: over which rows customers are ranked in this question, None for all."""

    of: "Condition | None"


@dataclass(frozen=True)
class Not:
    of: "Condition"


@dataclass(frozen=True)
class And:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Condition", ...]


Condition = Compare | In | Between | Under | Has | Recent | IsNull | Over | Not | And | Or


def names(condition: Condition | None) -> set[str]:
    """The dimensions a condition speaks of."""
    match condition:
        case None:
            return set()
        case And(parts) | Or(parts):
            return {name for part in parts for name in names(part)}
        case Not(inner) | Over(inner):
            return names(inner)
        case _:
            return {condition.name}


def parts_of(condition: Condition | None) -> tuple[Condition, ...]:
    """The conditions that are joined by "and" at the top."""
    if condition is None:
        return ()
    if not isinstance(condition, And):
        return (condition,)
    return tuple(one for part in condition.parts for one in parts_of(part))


def inner_overs(condition: Condition) -> bool:
    """Whether it says, within something else, over which rows customers are ranked."""
    match condition:
        case And(parts) | Or(parts):
            return any(isinstance(part, Over) or inner_overs(part) for part in parts)
        case Not(inner) | Over(inner):
            return inner is not None and (isinstance(inner, Over) or inner_overs(inner))
        case _:
            return False
