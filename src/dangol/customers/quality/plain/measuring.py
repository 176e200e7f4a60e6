"""The quality of a plain table, column by column and by the six criteria; and its issues row by row."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.customers.quality.plain import rules
from dangol.customers.quality.rules.criteria import CRITERIA
from dangol.customers.quality.tables import months_before

FRESH_MONTHS = 24
EXAMPLES = 5
OUTLIER_WIDTHS = 8.0
NEW_YEAR_TIMES, NEW_YEAR_LEAST = 8, 10
JUDGED = frozenset({"name", "phone", "email", "address", "postcode", "gender", "number", "date", "birth"})
FORMED = JUDGED | {"category"}
UNMEASURED = {
    "fit": "not measurable from a file: which uses need which fields is set in the installation",
    "recency": "not measurable from this file: no column of dates says when a row was written or confirmed",
    "integration": "not measurable from this file: no key column; name it with --id",
}


@dataclass
class Column:
    """One column with its judgements by distinct value. codes: row -> distinct value, -1 for empty ones."""

    header: str
    kind: str
    values: list[str]
    codes: Any
    counts: Any
    looks: list[rules.Look] = field(default_factory=list)
    problems: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.codes)

    @property
    def filled(self) -> int:
        return int(self.counts.sum())

    def rows_where(self, flags: Any) -> Any:
        """The rows whose distinct value is flagged."""
        wanted = np.append(np.asarray(flags, dtype=bool), False)  # -1 finds the last: empty is never flagged
        return np.flatnonzero(wanted[self.codes])


@dataclass
class Measured:
    """What was found. report: plain values for JSON. issues: (column, rule, row numbers) in order of columns."""

    report: dict[str, Any]
    issues: list[tuple[str, str, Any]]
    columns: Mapping[str, Column]
    key: str


def measure(
    table: pa.Table, *, today: date, key: str | None = None, kinds: Mapping[str, str] | None = None
) -> Measured:  # fmt: skip
    """Measure a table of text columns.

    key: the column that names a row. kinds: {header: kind} where the caller says what a column holds. Raises BadInput
    for unknown columns or kinds, and for a table without columns.
    """
    given = dict(kinds or {})
    for header in [*given, *([key] if key else [])]:
        if header not in table.column_names:
            raise BadInput("There is no column “{header}”. The file has: {known}.", field="map", header=header,
                           known=", ".join(table.column_names))  # fmt: skip
    for kind in given.values():
        if kind not in rules.LOOKS:
            raise BadInput("There is no kind of column “{kind}”. Use one of: {known}.", field="map", kind=kind,
                           known=", ".join(rules.LOOKS))  # fmt: skip
    columns = {name: _column(name, table[name], given.get(name, ""), today) for name in table.column_names}
    known = key or _key(columns)
    if known and known not in given:
        columns[known] = _relook(columns[known], "id", today)
    for column in columns.values():
        _judge(column)
    issues = [(one.header, rule, rows) for one in columns.values() for rule, rows in one.problems.items()]
    doubles = _doubles(table.num_rows, columns, known)
    issues += [(name, rule, rows) for name, rule, rows in doubles.issues]
    report = _report(table.num_rows, columns, known, doubles, today)
    return Measured(report, issues, columns, known)


def _column(header: str, given: pa.ChunkedArray, kind: str, today: date) -> Column:
    text = pc.utf8_trim_whitespace(given.cast(pa.string()))
    text = pc.if_else(pc.equal(text, ""), None, text)
    coded = text.combine_chunks().dictionary_encode()
    values: list[str] = coded.dictionary.to_pylist()
    codes = np.asarray(pc.fill_null(coded.indices, -1))
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    chosen = kind or rules.kind_of(header, values[: rules.SAMPLE], distinct=len(values), filled=int(counts.sum()))
    return _relook(Column(header, chosen, values, codes, counts), chosen, today)


def _relook(column: Column, kind: str, today: date) -> Column:
    column.kind, column.looks = kind, [rules.look(kind, value, today) for value in column.values]
    if kind == "phone" and 2 * sum(one.problem in ("not_a_phone", "lost_zero") for one in column.looks) > len(
        column.looks
    ):
        column.looks = [rules.look(rules.ABROAD, value, today) for value in column.values]
    return column


def _key(columns: Mapping[str, Column]) -> str:
    """The column that names rows: the first of an id's header whose values are nearly all different."""
    for column in columns.values():
        if column.kind == "id" and column.filled and len(column.values) >= 0.5 * column.filled:
            return column.header
    return ""


def _judge(column: Column) -> None:
    """Fill in the problems: rule -> rows."""
    if column.rows > column.filled:
        column.problems["missing"] = np.flatnonzero(column.codes < 0)
    for rule in sorted({one.problem for one in column.looks} - {""}):
        column.problems[rule] = column.rows_where([one.problem == rule for one in column.looks])
    usual = _usual_form(column)
    if usual is not None:
        other = [not one.problem and one.form != "" and not _same_form(one.form, usual) for one in column.looks]
        if any(other):
            column.problems["other_form"] = column.rows_where(other)
    if column.kind == "category":
        variants = _variants(column)
        if any(variants):
            column.problems["other_form"] = column.rows_where(variants)
    if column.kind == "number":
        far = _outliers(column)
        if any(far):
            column.problems["outlier"] = column.rows_where(far)


def _forms(column: Column) -> Counter[str]:
    forms: Counter[str] = Counter()
    for one, count in zip(column.looks, column.counts, strict=True):
        if not one.problem and one.form:
            forms[one.form] += int(count)
    return forms


def _usual_form(column: Column) -> str | None:
    """The form most values of a column are written in; None where the kind has no form to agree on."""
    forms = _forms(column)
    if column.kind not in FORMED or column.kind == "category" or not forms:
        return None
    return forms.most_common(1)[0][0]


def _same_form(form: str, usual: str) -> bool:
    """Whether two forms are one: numbers below a thousand look alike with and without commas; phones vary by area."""
    if form == usual or "plain or with commas" in (form, usual):
        return form == usual or {form, usual} <= {"plain or with commas", "plain", "with commas"}
    if "…" in form and form[2:] == usual[2:] and {form[:2], usual[:2]} <= {"DD", "MM"}:
        return True  # 3/4/2026 may be either; 23/4/2026 tells of the column that the day comes first
    if set(form) <= set("9-") and set(usual) <= set("9-"):
        return ("-" in form) == ("-" in usual)
    return False


def _variants(column: Column) -> list[bool]:
    """Values of a category that are a rarer spelling of another: other case, blanks or marks."""
    best: dict[str, tuple[int, str]] = {}
    for value, count in zip(column.values, column.counts, strict=True):
        plain = rules.plain(value)
        best[plain] = max(best.get(plain, (0, "")), (int(count), value))
    return [best[rules.plain(value)][1] != value for value in column.values]


def _outliers(column: Column) -> list[bool]:
    """Numbers more than eight scaled median deviations from the median (of at least twenty different ones).

    Source: B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers (1993), the modified z-score.
    """
    numbers = np.array([np.nan if one.number is None or one.problem else one.number for one in column.looks])
    seen = np.repeat(numbers, column.counts)
    seen = seen[~np.isnan(seen)]
    if len(seen) < 20:
        return []
    middle = float(np.median(seen))
    spread = 1.4826 * float(np.median(np.abs(seen - middle)))
    if spread == 0:
        return []
    return [bool(flag) for flag in np.abs(np.nan_to_num(numbers, nan=middle) - middle) > OUTLIER_WIDTHS * spread]


@dataclass
class Doubles:
    """Keys, rows and people that occur more than once. unlinked: rows that are no row of their own."""

    key: dict[str, Any]
    rows: dict[str, Any]
    people: dict[str, Any]
    issues: list[tuple[str, str, Any]]
    unlinked: Any


def _doubles(n: int, columns: Mapping[str, Column], key: str) -> Doubles:
    again = np.zeros(n, dtype=bool)
    issues: list[tuple[str, str, Any]] = []
    keyed: dict[str, Any] = {"column": key or None}
    if key:
        column = columns[key]
        later, groups = _later([column.codes], column.codes >= 0)
        plain = _codes_of([rules.plain(value).lstrip("0") for value in column.values])
        near_codes = np.append(plain, -1)[column.codes]
        near, _groups = _later([near_codes], column.codes >= 0)
        near &= ~later
        keyed |= {"filled": column.filled, "distinct": len(column.values), "duplicate_rows": int(later.sum()),
                  "duplicated_keys": groups, "near_duplicate_rows": int(near.sum())}  # fmt: skip
        issues += [(key, rule, np.flatnonzero(found)) for rule, found in (("duplicate_key", later), ("near_key", near))
                   if found.any()]  # fmt: skip
        again |= later | near | (column.codes < 0)
    rest = [one for one in columns.values() if one.header != key]
    same, same_groups = _later([one.codes for one in rest], np.ones(n, dtype=bool)) if rest else (again & False, 0)
    if same.any():
        issues.append(("", "duplicate_row", np.flatnonzero(same)))
    people, used = _people(n, columns)
    if people.any():
        issues.append(("", "same_person", np.flatnonzero(people)))
    again |= same | people
    rows = {"duplicate_rows": int(same.sum()), "duplicated": same_groups, "compared": "all columns but the key"}
    return Doubles(keyed, rows, {"rows": int(people.sum()), "by": used}, issues, again)


def _codes_of(texts: Sequence[str]) -> Any:
    coded = pa.array(texts, pa.string()).dictionary_encode()
    return np.asarray(coded.indices)


def _later(parts: Sequence[Any], valid: Any) -> tuple[Any, int]:
    """Rows whose combination of codes stands in an earlier row; and how many combinations occur more than once."""
    together = np.zeros(len(valid), dtype=np.int64)
    for codes in parts:
        pairs = together * (int(codes.max(initial=-1)) + 2) + (codes + 1)
        _distinct, together = np.unique(pairs, return_inverse=True)
    together = np.where(valid, together, -1)
    _distinct, first, counts = np.unique(together, return_index=True, return_counts=True)
    later = np.ones(len(valid), dtype=bool)
    later[first] = False
    later &= valid
    return later, int(((counts > 1) & (_distinct >= 0)).sum())


def _people(n: int, columns: Mapping[str, Column]) -> tuple[Any, list[str]]:
    """Rows that say the same name and phone, e-mail or birth as an earlier one, however they are written."""
    names = [one for one in columns.values() if one.kind == "name"]
    found = np.zeros(n, dtype=bool)
    used: list[str] = []
    if not names:
        return found, used
    name_codes, name_valid = zip(*(_plain_codes(one) for one in names), strict=True)
    for other in (one for one in columns.values() if one.kind in ("phone", "email", "birth")):
        codes, valid = _plain_codes(other)
        later, _groups = _later([*name_codes, codes], valid & np.logical_and.reduce(name_valid))
        found |= later
        used.append(f"{'+'.join(one.header for one in names)} + {other.header}")
    return found, used


def _plain_codes(column: Column) -> tuple[Any, Any]:
    """Codes of the values without case, blanks and marks; valid where a value is there and can be true."""
    texts = []
    for value, one in zip(column.values, column.looks, strict=True):
        text = rules.plain(value)
        if column.kind == "phone":
            text = text[2:] if text.startswith("82") else text
            text = text.lstrip("0")
        if column.kind == "birth" and one.day is not None:
            text = one.day.isoformat()
        texts.append(text)
    codes = np.append(_codes_of(texts) if texts else np.array([], dtype=np.int64), -1)[column.codes]
    good = np.append(np.array([not one.problem for one in column.looks], dtype=bool), False)[column.codes]
    return codes, good


def _report(
    n: int, columns: Mapping[str, Column], key: str, doubles: Doubles, today: date
) -> dict[str, Any]:  # fmt: skip
    shown = [_told(one, n, today) for one in columns.values()]
    criteria = _criteria(n, columns, key, doubles, today)
    known = [one["value"] for one in criteria.values() if one["value"] is not None]
    return {
        "rows": n, "columns": shown, "key": doubles.key, "duplicates": doubles.rows | {"same_person": doubles.people},
        "criteria": criteria, "overall": round(sum(known) / len(known), 4) if known else None,
    }  # fmt: skip


def _told(column: Column, n: int, today: date) -> dict[str, Any]:
    """A column for the answer."""
    nothing = len(column.problems.get("says_nothing", ()))
    filled = column.filled - nothing
    bad = {
        rule: len(rows) for rule, rows in column.problems.items() if rule not in ("missing", "other_form", "outlier")
    }
    valid = column.filled - sum(bad.values())
    told: dict[str, Any] = {
        "column": column.header, "kind": column.kind, "rows": n, "filled": filled, "empty": n - filled,
        "filled_share": _ratio(filled, n), "distinct": len(column.values),
        "valid": valid if column.kind in JUDGED else None,
        "valid_share": _ratio(valid, filled) if column.kind in JUDGED else None,
        "placeholders": bad.get("placeholder", 0) + bad.get("default_date", 0) + nothing,
        "problems": {rule: count for rule, count in bad.items() if rule != "says_nothing"},
        "standardised_share": None, "forms": {}, "mixed_forms": False,
        "outliers": len(column.problems.get("outlier", ())),
    }  # fmt: skip
    if column.kind in FORMED:
        other = len(column.problems.get("other_form", ()))
        told["standardised_share"] = _ratio(valid - other, valid)
        told["forms"] = dict(_forms(column).most_common(8)) if column.kind != "category" else {}
        told["mixed_forms"] = other > 0
    if column.kind in ("date", "birth"):
        told |= _dates(column, today)
    if column.kind == "number":
        told |= _numbers(column)
    told["examples"] = _examples(column)
    return told


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _dates(column: Column, today: date) -> dict[str, Any]:
    days = [(one.day, int(count)) for one, count in zip(column.looks, column.counts, strict=True)
            if one.day and not one.problem]  # fmt: skip
    if not days:
        return {}
    edge, total = months_before(today, FRESH_MONTHS), sum(count for _day, count in days)
    new_year = sum(count for day, count in days if (day.month, day.day) == (1, 1))
    told: dict[str, Any] = {"oldest": min(day for day, _n in days).isoformat(),
                            "newest": max(day for day, _n in days).isoformat(), "january_first": new_year,
                            "january_first_suspicious": new_year >= NEW_YEAR_LEAST
                            and new_year > NEW_YEAR_TIMES * total / 365}  # fmt: skip
    if column.kind == "date":
        told["fresh_share"] = _ratio(sum(count for day, count in days if day >= edge), total)
        told["fresh_means"] = f"within {FRESH_MONTHS} months before {today.isoformat()}"
    return told


def _numbers(column: Column) -> dict[str, Any]:
    numbers = np.array([np.nan if one.number is None or one.problem else one.number for one in column.looks])
    seen = np.repeat(numbers, column.counts)
    seen = seen[~np.isnan(seen)]
    if not len(seen):
        return {}
    return {"least": float(seen.min()), "median": float(np.median(seen)), "most": float(seen.max()),
            "negative": int((seen < 0).sum()), "zero": int((seen == 0).sum())}  # fmt: skip


def _examples(column: Column) -> dict[str, list[str]]:
    """A few masked values for each problem."""
    found: dict[str, list[str]] = {}
    for value, one in zip(column.values, column.looks, strict=True):
        if one.problem and len(found.setdefault(one.problem, [])) < EXAMPLES:
            found[one.problem].append(rules.masked(column.kind, value))
    return found


def _criteria(
    n: int, columns: Mapping[str, Column], key: str, doubles: Doubles, today: date
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """The six criteria, each with what it was counted from or why it cannot be."""
    told = [_told(one, n, today) for one in columns.values()]
    judged = [one for one in told if one["valid"] is not None]
    formed = [(one["valid"], one["standardised_share"]) for one in judged if one["standardised_share"] is not None]
    parts: dict[str, tuple[float, float]] = {
        "completeness": (sum(one["filled"] for one in told), n * len(told)),
        "reliability": (sum(one["valid"] for one in judged), sum(one["filled"] for one in judged)),
        "standardisation": (sum(valid * share for valid, share in formed), sum(valid for valid, _share in formed)),
    }
    fresh = [one for one in told if one["kind"] == "date" and one.get("fresh_share") is not None]
    if fresh:
        best = max(fresh, key=lambda one: one["newest"])
        parts["recency"] = (best["fresh_share"] * best["valid"], best["valid"])
    if key or doubles.people["by"]:
        parts["integration"] = (n - int(doubles.unlinked.sum()), n)
    answer = {}
    for code in CRITERIA:
        part, whole = parts.get(code, (0, 0))
        reason = "" if whole else UNMEASURED.get(code, "not measurable: the file has no values to judge")
        answer[code] = {"value": round(part / whole, 4) if whole else None, "part": round(part), "whole": round(whole),
                        "reason": reason}  # fmt: skip
    return answer


def issue_table(found: Measured, table: pa.Table) -> pa.Table:
    """The issues row by row: record_id, line (the header is line 1), column, rule, what, value (masked)."""
    schema = pa.schema([("record_id", pa.string()), ("line", pa.int64()), ("column", pa.string()),
                        ("rule", pa.string()), ("what", pa.string()), ("value", pa.string())])  # fmt: skip
    return pa.Table.from_batches(list(_pieces(found, table)), schema=schema)


def _pieces(found: Measured, table: pa.Table) -> Iterator[pa.RecordBatch]:
    lines = np.arange(2, table.num_rows + 2)
    ids = table[found.key].cast(pa.string()).combine_chunks() if found.key else pa.array(lines - 1).cast(pa.string())
    for header, rule, rows in found.issues:
        column = found.columns.get(header)
        values: Any = pa.nulls(len(rows), pa.string())
        if column is not None and rule != "missing":
            masked = pa.array([rules.masked(column.kind, value) for value in column.values], pa.string())
            values = masked.take(pa.array(column.codes[rows]))
        n = len(rows)
        arrays = [ids.take(pa.array(rows)), pa.array(lines[rows])]
        arrays += [pa.repeat(text, n) for text in (header, rule, rules.PROBLEMS[rule])]
        yield pa.record_batch([*arrays, values], names=["record_id", "line", "column", "rule", "what", "value"])
