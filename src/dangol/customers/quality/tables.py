"""The rules and criteria as Ibis expressions over all customers: what is measured, who breaks what, counts by group."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from dangol.customers.quality.rules.checks import FIELDS, Rule, bound, whole
from dangol.customers.quality.rules.criteria import Weighing, shelf_months

GROUP = ("unit_id", "rep_id")
PARTS = ("real", "ok", "standard", "fresh", "single")
NOISE = r"[\s\-.()]"
# How a value in standard form looks, where no rule is set by anybody: clean blanks, no title after the name.
PROVINCE = r"^(서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주|충청|전라|경상)"
CLEAN_NAME = r"^\S+( \S+)*$"
TITLED = r"(님|씨|귀하|고객)$"


def months_before(today: date, months: int) -> date:
    """The day so many months earlier; the last of the month where it has no such day."""
    index = today.year * 12 + today.month - 1 - months
    year, month = divmod(index, 12)
    if year < 1:
        return date(1, 1, 1)
    for day in range(today.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(today.day, 28))


def _value(people: Table, name: str) -> Value:
    return people[f"{name}_id"] if FIELDS[name].kind == "link" else people[name]


def filled(people: Table, name: str) -> BooleanValue:
    """Whether a field has a value."""
    value: Any = _value(people, name)
    present = value.notnull()
    return present & (value != "") if FIELDS[name].kind == "text" else present


def real(people: Table, name: str) -> BooleanValue:
    """Whether a field has a value that was not generated."""
    return filled(people, name) & ~people[f"made_{name}"]


def _plain(value: Any) -> Any:
    """A text for comparing with placeholders: without blanks, dashes, points and brackets, in lower case."""
    return value.cast("string").re_replace(NOISE, "").lower()


def _squeezed(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and c not in "-.()").lower()


def shared(people: Table, name: str) -> Any:
    """How many customers have this value; the number in international form counts where there is one."""
    key: Any = people[name].lower().strip()
    if name == "phone":
        key = ibis.ifelse(people.phone_e164 != "", people.phone_e164, people.phone.re_replace(r"[^0-9+]", ""))
    return key.count().over(ibis.window(group_by=key))


def breaks(people: Table, rule: Rule, today: date) -> BooleanValue:
    """Whether a customer breaks a rule; false, never null, where the rule has nothing to say."""
    there = real(people, rule.field)
    broken = ~there if rule.kind == "required" else there & _BREAKS[rule.kind](people, rule, today)
    if rule.whom == "named":
        broken = broken & (people.kind == "named")
    return ibis.coalesce(broken, False)


def _pattern(people: Table, rule: Rule, _today: date) -> Any:
    return ~people[rule.field].re_search(whole(rule.params["pattern"]))


def _outside(value: Any, rule: Rule, today: date) -> Any:
    least, most = (bound(rule.params[name], today.year) for name in ("least", "most"))
    below = value < ibis.literal(least, "int64") if least is not None else ibis.literal(False)
    return below | (value > ibis.literal(most, "int64")) if most is not None else below


def _length(people: Table, rule: Rule, today: date) -> Any:
    value: Any = people[rule.field]
    return _outside(value.length(), rule, today)


def _range(people: Table, rule: Rule, today: date) -> Any:
    value: Any = people[rule.field]
    return _outside(value.cast("int64"), rule, today)


def _reference(people: Table, rule: Rule, _today: date) -> Any:
    value: Any = people[rule.field].cast("string").strip().lower()
    return ~value.isin([one.strip().lower() for one in rule.params["values"]])


def _forbidden(people: Table, rule: Rule, _today: date) -> Any:
    return _plain(people[rule.field]).isin([_squeezed(one) for one in rule.params["values"]])


def _stale(people: Table, rule: Rule, today: date) -> Any:
    said: Any = people[f"at_{rule.field}"]
    return said < ibis.literal(months_before(today, rule.params["months"]))


def _unique(people: Table, rule: Rule, _today: date) -> Any:
    return shared(people, rule.field) > ibis.literal(rule.params["at_most"], "int64")


def _compare(people: Table, rule: Rule, _today: date) -> Any:
    other = rule.params["other"]
    if rule.params["how"] == "needs":
        return ~real(people, other)
    return filled(people, other) & (_plain(people[rule.field]) == _plain(people[other]))


_BREAKS = {
    "pattern": _pattern, "length": _length, "range": _range, "reference": _reference, "forbidden": _forbidden,
    "freshness": _stale, "unique": _unique, "compare": _compare,
}  # fmt: skip


def standard(people: Table, name: str, today: date) -> Any:
    """Whether a value is in its standard form."""
    value: Any = people[name]
    if name == "phone":
        return people.phone_e164 != ""
    if name == "email":
        return (value == value.lower().strip()) & value.re_search(r"^[^@\s]+@[^@\s]+\.[^@\s]{2,}$")
    if name == "name":
        return value.re_search(CLEAN_NAME) & ~value.re_search(TITLED)
    if name == "address":
        return value.re_search(PROVINCE) | value.re_search(r"\b[0-9]{5}\b")
    if name == "gender":
        return value.isin(["F", "M"])
    return value.between(1880, today.year)


def judged(people: Table, rules: Sequence[Rule], how: Weighing, today: date) -> Table:
    """One row per customer with every judgement as a column.

    Columns: customer_id, unit_id, unit_path, rep_id, named, keyed, charged, single; rule_<id>; use_<n> (in the order of
    how.uses); per field real_, made_, ok_, standard_, fresh_, single_ and src_.
    """
    on = [rule for rule in rules if rule.on]
    broken = {f"rule_{rule.id}": breaks(people, rule, today) for rule in on}
    seen = people.mutate(**broken)
    columns: dict[str, Any] = {
        "named": seen.kind == "named",
        "charged": seen.unit_id.notnull() | seen.rep_id.notnull(),
        "single": ~_any(seen, [rule for rule in on if rule.kind == "unique"]),
    }
    months = shelf_months(on)
    for name, field in FIELDS.items():
        there = real(seen, name)
        about = [rule for rule in on if rule.field == name]
        columns[f"real_{name}"] = there
        columns[f"held_{name}"] = filled(seen, name) & seen[f"made_{name}"]
        columns[f"ok_{name}"] = there & ~_any(seen, [rule for rule in about if rule.criterion == "reliability"])
        columns[f"single_{name}"] = there & ~_any(seen, [rule for rule in about if rule.kind == "unique"])
        if field.has_standard:
            columns[f"standard_{name}"] = there & ibis.coalesce(standard(seen, name, today), False)
        if name in months:
            edge = ibis.literal(months_before(today, months[name]))
            columns[f"fresh_{name}"] = there & ibis.coalesce(seen[f"at_{name}"] >= edge, False)
    seen = seen.mutate(**columns)
    uses = {f"use_{place}": _every(seen, how.needed[use]) for place, use in enumerate(how.uses)}
    seen = seen.mutate(**uses)
    wanted = ["customer_id", "unit_id", "unit_path", "rep_id", "keyed", *broken, *columns, *uses]
    return seen.select(*wanted, *(f"src_{name}" for name in FIELDS))


def _any(seen: Table, rules: Sequence[Rule]) -> Any:
    found: Any = ibis.literal(False)
    for rule in rules:
        found = found | seen[f"rule_{rule.id}"]
    return found


def _every(seen: Table, fields: Sequence[str]) -> Any:
    found: Any = ibis.literal(True)
    for name in fields:
        found = found & seen[f"ok_{name}"]
    return found


def _sums(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    return {name: table[name].cast("int64").sum() for name in columns}


def by_group(rows: Table) -> Table:
    """Counts of every judgement by unit and rep: unit_id, rep_id, customers, then the name of each judgement."""
    flags = [name for name in rows.columns if name not in ("customer_id", "unit_id", "unit_path", "rep_id")
             and not name.startswith("src_")]  # fmt: skip
    return rows.group_by(list(GROUP)).agg(customers=rows.count(), **_sums(rows, flags))


def by_source(rows: Table) -> Table:
    """Counts of each field by the source its values came from: source, field, real, ok, standard, fresh, single."""
    return ibis.union(*(_field_by_source(rows, name) for name in FIELDS))


def _field_by_source(rows: Table, name: str) -> Table:
    here = rows.filter(rows[f"real_{name}"])
    nothing = ibis.literal(0, "int64")
    counted = {
        part: here[f"{part}_{name}"].cast("int64").sum() if f"{part}_{name}" in rows.columns else nothing
        for part in PARTS
    }
    found = here.group_by(source=here[f"src_{name}"]).agg(**counted)
    return found.select("source", *PARTS, field=ibis.literal(name))


def breakers(rows: Table, rule_ids: Sequence[int]) -> Table:
    """Everybody who breaks a rule: customer_id, unit_path, rep_id, and rule_<id> for each; in order of customer."""
    flags = [f"rule_{one}" for one in rule_ids]
    broken: Any = ibis.literal(False)
    for flag in flags:
        broken = broken | rows[flag]
    return rows.filter(broken).select("customer_id", "unit_path", "rep_id", *flags).order_by("customer_id")


def in_scope(found: Table, *, unit_path: str | None, rep_id: int | None, everyone: bool) -> Table:
    """The breakers a member may see."""
    if everyone:
        return found
    if unit_path is not None:
        return found.filter(found.unit_path.startswith(unit_path))
    return found.filter(found.rep_id == ibis.literal(rep_id if rep_id is not None else -1, "int64"))


def rolled_up(sales: Table) -> Table:
    """Sales by source, to see whether lines were added up before they came.

    Gives source, lines, groups (customers times months), months, most (lines on the commonest day of the month).
    """
    lines = sales.filter(sales.customer_key.notnull() & (sales.customer_key != ""))
    lines = lines.mutate(month=lines.sold_at.year() * 12 + lines.sold_at.month(), day=lines.sold_at.day())
    per_day = lines.group_by("source", "day").agg(n=lines.count())
    common = per_day.group_by("source").agg(most=per_day.n.max())
    groups = lines.group_by("source", "customer_key", "month").agg(n=lines.count())
    grouped = groups.group_by("source").agg(groups=groups.count(), months=groups.month.nunique())
    counted = lines.group_by("source").agg(lines=lines.count())
    return counted.join(grouped, "source").join(common, "source").select(
        "source", "lines", "groups", "months", most="most"
    )  # fmt: skip


def unknown_keys(facts: Table, master: Table | None, column: str) -> Table:
    """Lines whose key of a product or store no master knows: source, lines, keys, example."""
    used = facts.filter(facts[column].notnull() & (facts[column] != ""))
    counted = used.group_by("source", key=used[column]).agg(lines=used.count())
    if master is not None:
        known = master.select("source", known=master[column]).distinct()
        counted = counted.anti_join(known, [counted.source == known.source, counted.key == known.known])
    return counted.group_by("source").agg(
        lines=counted.lines.sum(), keys=counted.count(), example=counted.key.min()
    )  # fmt: skip


def unnamed_sales(sales: Table, owners: Table) -> Table:
    """Lines of sales by what is known of the buyer: lines, unnamed (of un-named customers), keyless (without a key).

    owners: source, key, named.
    """
    joined = sales.left_join(owners, [sales.source == owners.source, sales.customer_key == owners.key])
    keyless = joined.customer_key.isnull() | (joined.customer_key == "")
    return joined.agg(
        lines=joined.count(),
        unnamed=ibis.coalesce((joined.named == ibis.literal(False)).cast("int64").sum(), 0),
        keyless=ibis.coalesce(keyless.cast("int64").sum(), 0),
    )


def without_sales(owners: Table, sales: Table) -> Table:
    """How many of the customers with keys never occur in sales: customers, bought. owners: source, key, customer_id."""
    used = sales.select("source", "customer_key").distinct()
    bought = owners.semi_join(used, [owners.source == used.source, owners.key == used.customer_key])
    ids = bought.select("customer_id").distinct()
    return ids.agg(bought=ids.count())
