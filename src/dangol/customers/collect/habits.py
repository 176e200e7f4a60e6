"""How a file writes its values, decided from all values of a column: order of day and month, decimal sign."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dangol.customers.collect.rules import N_, Definition, Type, parts

SHORT = r"^(?P<a>\d{1,2})\s?[-/.]\s?(?P<b>\d{1,2})\s?[-/.]\s?(?P<c>\d{4}|\d{2})(?:\D.*)?$"
SERIAL = r"^[2-7]\d{4}(\.\d+)?$"
COMMA = (
    r"^[^\d.,]*\d{1,3}(\.\d{3})+,\d+\D*$|^[^\d.,]*\d+,(\d{1,2}|\d{4,})\D*$|^[^\d.,]*\d{1,3}(\.\d{3}){2,}\D*$"
    r"|^[^\d.,]*0,\d+\D*$"
)
POINT = (
    r"^[^\d.,]*\d{1,3}(,\d{3})+\.\d+\D*$|^[^\d.,]*\d+\.(\d{1,2}|\d{4,})\D*$|^[^\d.,]*\d{1,3}(,\d{3}){2,}\D*$"
    r"|^[^\d.,]*0\.\d+\D*$"
)
SHOWN = {"ymd": "YYYY-MM-DD", "dmy": "DD/MM/YYYY", "mdy": "MM/DD/YYYY"}
FACTS = {
    "order": N_("“{column}”: days are written {order}; {count} values can be read in no other way."),
    "unsure": N_(
        "“{column}”: day and month cannot be told apart in any value. They are read as {order}; choose the order of "
        "dates if that is wrong."
    ),
    "both": N_("“{column}”: most days are written {order}, but {count} values fit another order only."),
    "chosen": N_("“{column}”: days are read as {order}, as chosen."),
    "serial": N_("“{column}”: {count} values are day numbers of Excel; they are read as days."),
    "comma": N_("The decimal sign is a comma: {count} values can be read in no other way."),
    "signs": N_("The decimal sign is a point, but {count} values are written with a comma."),
}


@dataclass
class Habits:
    """decimal: the decimal sign. orders: column -> order of its days. facts: what was decided and why, to be said."""

    decimal: str = "."
    orders: dict[str, str] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The form a load keeps."""
        return {"decimal": self.decimal, "orders": self.orders, "facts": self.facts}


def habits_of(kept: dict[str, Any]) -> Habits:
    """Habits from the form a load keeps."""
    return Habits(kept.get("decimal", "."), dict(kept.get("orders", {})), list(kept.get("facts", [])))


@dataclass
class _Days:
    """Evidence in one column. dmy, mdy, ymd: values that fit this order alone; short: values where it matters."""

    short: int = 0
    dmy: int = 0
    mdy: int = 0
    ymd: int = 0
    serial: int = 0
    slash: bool = False

    def look(self, values: pa.Array) -> None:
        found = pc.extract_regex(values, SHORT)
        found = found.filter(pc.is_valid(found))
        self.serial += _count(values, SERIAL)
        if not len(found):
            return
        one, two, three = (found.field(name).cast(pa.int64()) for name in "abc")
        long = pc.equal(pc.utf8_length(found.field("c")), 4)
        late = pc.or_(long, pc.greater(three, 31))
        self.short += len(found)
        self.dmy += _sum(pc.and_(late, pc.and_(pc.greater(one, 12), pc.less_equal(two, 12))))
        self.mdy += _sum(pc.and_(late, pc.and_(pc.greater(two, 12), pc.less_equal(one, 12))))
        self.ymd += _sum(pc.and_(pc.invert(long), pc.greater(one, 31)))
        self.slash = self.slash or _count(values, r"^\d{1,2}/") > 0


def _sum(mask: pa.Array) -> int:
    return int(pc.sum(mask.cast(pa.int64())).as_py() or 0)


def _count(values: pa.Array, pattern: str) -> int:
    return _sum(pc.match_substring_regex(values, pattern)) if len(values) else 0


def decide(batches: Iterable[pa.Table], definition: Definition) -> Habits:
    """Look at all rows of a file. What the source's options say is not decided again."""
    options = definition.options
    kinds = {field.name: field.type for field in definition.fields()}
    days: dict[str, _Days] = {}
    signs = {"comma": 0, "point": 0}
    for rows in batches:
        for name, values in _columns(rows, definition):
            if kinds[name] in (Type.DATE, Type.TIME):
                days.setdefault(definition.mapping[name], _Days()).look(values)
            elif kinds[name] in (Type.AMOUNT, Type.INTEGER) and not options.get("decimal"):
                signs["comma"] += _count(values, COMMA)
                signs["point"] += _count(values, POINT)
    habits = Habits()
    _decimal(habits, signs, options.get("decimal", ""))
    for column, seen in days.items():
        _order(habits, column, seen, options.get("date_order", ""))
    return habits


def _columns(rows: pa.Table, definition: Definition) -> Iterator[tuple[str, pa.Array]]:
    for name, column in definition.mapping.items():
        for part in parts(column, rows.column_names):
            if part in rows.column_names:
                values = pc.unique(rows.column(part))
                yield name, pc.utf8_trim_whitespace(values.drop_null())


def _decimal(habits: Habits, signs: dict[str, int], chosen: str) -> None:
    habits.decimal = chosen or ("," if signs["comma"] > signs["point"] else ".")
    if not chosen and habits.decimal == ",":
        habits.facts.append({"template": FACTS["comma"], "params": {"count": signs["comma"]}})
    elif not chosen and signs["comma"]:
        habits.facts.append({"template": FACTS["signs"], "params": {"count": signs["comma"]}})


def _order(habits: Habits, column: str, seen: _Days, chosen: str) -> None:
    votes = {"ymd": seen.ymd, "dmy": seen.dmy, "mdy": seen.mdy}
    best = max(votes, key=lambda order: votes[order])
    if chosen:
        habits.orders[column], fact = chosen, "chosen"
    elif votes[best]:
        habits.orders[column] = best
        fact = "both" if sum(votes.values()) > votes[best] else "order"
    else:
        habits.orders[column] = "mdy" if seen.slash else "dmy"
        fact = "unsure"
    if seen.short:
        order = habits.orders[column]
        count = sum(votes.values()) - votes[order] if fact == "both" else votes[order]
        params = {"column": column, "order": SHOWN[order], "count": count}
        habits.facts.append({"template": FACTS[fact], "params": params})
    if seen.serial:
        habits.facts.append({"template": FACTS["serial"], "params": {"column": column, "count": seen.serial}})
