"""`dangol file METHOD FILE...`: one method on plain CSV or Parquet files, with no set-up and no database."""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput
from dangol.cli import file_groups, file_link, file_ltv, file_quality


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser("file", help="run one method on plain CSV or Parquet files, with no set-up")
    methods = parser.add_subparsers(dest="method", required=True, metavar="METHOD")
    _add_rfm(methods)
    file_link.add(methods)
    file_quality.add(methods)
    file_ltv.add(methods)
    file_groups.add(methods)


def _add_rfm(methods: Any) -> None:
    rfm = methods.add_parser(
        "rfm",
        help="score customers by recency, frequency and monetary value",
        description="Scores every customer of a list of purchases. Columns are recognised by their English or Korean "
        "names; name them yourself where they are not. Rows are purchases; with an order column they are lines of "
        "orders. A negative amount is a return: it lowers the amount and is no purchase.",
    )
    rfm.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV (UTF-8 or CP949) or Parquet")
    for name, text in (("customer", "who bought"), ("date", "when"),
                       ("amount", "for how much; may be Quantity * UnitPrice"),
                       ("order", "number of the order a row belongs to")):  # fmt: skip
        rfm.add_argument(f"--{name}", metavar="COLUMN", help=f"column: {text}")
    rfm.add_argument("--scheme", default="555", help="groups of R, F and M: 333, 555 (default), 777, 543 ...")
    for axis, unit in (("r", "days"), ("f", "purchases"), ("m", "amounts")):
        rfm.add_argument(f"--{axis}-cuts", metavar="N,N,...", help=f"own cut points in {unit}, ascending")
    rfm.add_argument("--weights", metavar="R,F,M", help="weights of the axes in the score of 0 to 100, like 1,1,2")
    rfm.add_argument("--window-days", type=int, help="count frequency and amount of so many days only")
    rfm.add_argument("--as-of", metavar="DATE", help="day of scoring, like 2026-10-31; the last purchase if not given")
    rfm.add_argument("--out", type=Path, metavar="TABLE", help="write one row per customer (.csv or .parquet)")
    rfm.add_argument("--json", action="store_true", help="answer as JSON")
    rfm.set_defaults(run=run_rfm, needs_django=False)


@contextmanager
def no_set_up() -> Iterator[None]:
    """Settings with a home folder for the moment, unless the process has settings already."""
    from django.conf import settings

    if settings.configured:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="dangol-") as home:
        os.environ["DANGOL_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
        yield


def run_rfm(given: argparse.Namespace) -> int:
    """Run `dangol file rfm`."""
    with no_set_up():
        answer = _rfm(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else _in_words(answer))
    return 0


def _rfm(given: argparse.Namespace) -> dict[str, Any]:
    from dangol.cli import plain
    from dangol.insight.score import plain as score

    scheme, as_of = _scheme(given), day(given.as_of, "as-of")
    if given.out and given.out.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput("The table is written as .csv or .parquet: {path} is neither.", field="out", path=given.out)
    wanted = {name: getattr(given, name) for name in ("customer", "date", "amount", "order")}
    read = plain.columns(given.files, wanted, optional=("order",))
    if not read.table.num_rows:
        raise BadInput("No row can be used. {reasons}", field="file", reasons=reasons(read.refused))
    found = score.rfm(read.table, scheme, as_of)
    if given.out:
        write(found.customers, given.out, ("monetary",))
    return _answer(found, read)


def _scheme(given: argparse.Namespace) -> Any:
    from dangol.cli.plain import MINOR_PER_MAJOR
    from dangol.insight.score import rules

    scheme = rules.preset(given.scheme, window_days=given.window_days)
    for code in rules.AXES:
        text = getattr(given, f"{code}_cuts")
        if text:
            points = rules.cut_points(text, field=f"{code}-cuts", minor=MINOR_PER_MAJOR if code == "m" else 1)
            axis = rules.Axis(groups=len(points) + 1, method="fixed", cut_points=points)
            scheme = replace(scheme, name="own").with_axes({code: axis})
    if given.weights:
        try:
            weights = [float(part) for part in given.weights.split(",")]
        except ValueError:
            weights = []
        if len(weights) != len(rules.AXES):
            raise BadInput("Write three weights with commas, for R, F and M, like 1,1,2.", field="weights")
        scheme = scheme.with_axes({code: replace(scheme.axes[code], weight=weight)
                                   for code, weight in zip(rules.AXES, weights, strict=True)})  # fmt: skip
    return scheme


def day(text: str | None, field: str) -> date | None:
    """A day a user wrote, or None. Raises BadInput."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-10-31.", field=field, text=text) from None


def _major(minor: int) -> float:
    from dangol.cli.plain import MINOR_PER_MAJOR

    return minor / MINOR_PER_MAJOR


def _answer(found: Any, read: Any) -> dict[str, Any]:
    """The JSON answer: amounts in the file's own unit."""
    from dangol.insight.score.rules import SEGMENTS, STRATEGIES

    scheme, sizes = found.scheme, {row["segment"]: row for row in found.segments}
    customers, sales = found.customers.num_rows, sum(row["sales"] for row in found.segments)
    empty = {"customers": 0, "sales": 0}
    return {
        "method": "rfm",
        "customers": customers,
        "sales": _major(sales),
        "as_of": found.as_of.isoformat(),
        "scheme": {
            "name": scheme.name,
            "window_days": scheme.window_days,
            "groups": {code: axis.groups for code, axis in scheme.axes.items()},
            "weights": {code: axis.weight for code, axis in scheme.axes.items()},
            "high_from": {code: axis.high_from for code, axis in scheme.axes.items()},
        },
        "cut_points": {
            "r": list(scheme.r.cut_points),
            "f": list(scheme.f.cut_points),
            "m": [_major(point) for point in scheme.m.cut_points],
        },
        "cut_points_mean": {"r": "at most, days", "f": "at least, purchases", "m": "at least, amount"},
        "sizes": {code: {str(score): count for score, count in axis.items()} for code, axis in found.axes.items()},
        "groups": [{**row, "sales": _major(row["sales"])} for row in found.groups],
        "segments": [
            {
                "code": code,
                "name": STRATEGIES[code].name,
                "strategy": STRATEGIES[code].aim,
                "customers": sizes.get(code, empty)["customers"],
                "share": round(sizes.get(code, empty)["customers"] / customers, 4),
                "sales": _major(sizes.get(code, empty)["sales"]),
            }
            for code in SEGMENTS
        ],
        "columns_used": read.used,
        "frequency_counts": "orders" if "order" in read.used else "rows",
        "rows": {"read": read.read, "used": read.table.num_rows,
                 "rejected": sum(one.rows for one in read.refused.values())},
        "rejected": [{"reason": one.reason, "rows": one.rows, "first_lines": one.first_lines}
                     for one in read.refused.values() if one.rows],
    }  # fmt: skip


def reasons(refused: dict[str, Any]) -> str:
    """Why rows were left out, in one line."""
    return " ".join(f"{one.reason} ({one.rows:,} rows)" for one in refused.values() if one.rows) or "The file is empty."


def write(customers: Any, path: Path, money: Sequence[str]) -> None:
    """Write the table of customers; the columns of `money` in the file's own unit."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    from dangol.cli.plain import MINOR_PER_MAJOR

    for name in money:
        if name in customers.column_names:
            major = pc.divide(customers[name].cast(pa.float64()), float(MINOR_PER_MAJOR))
            customers = customers.set_column(customers.column_names.index(name), name, major)
    for place, field in enumerate(customers.schema):
        if pa.types.is_floating(field.type):  # what is not known is empty, in any program
            column = customers.column(place)
            customers = customers.set_column(place, field.name, pc.if_else(pc.is_finite(column), column, None))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        pacsv.write_csv(customers, path)
    else:
        pq.write_table(customers, path, compression="zstd")


def left_out(rejected: Sequence[dict[str, Any]]) -> list[str]:
    """A line for every reason rows were left out for."""
    return [f"Left out: {one['reason']} {one['rows']:,} rows, first in line {one['first_lines'] or '?'}"
            for one in rejected]  # fmt: skip


def _in_words(answer: dict[str, Any]) -> str:
    """The answer for a person at a terminal."""
    used = ", ".join(f"{name} = {header}" for name, header in answer["columns_used"].items())
    cuts = answer["cut_points"]
    lines = [
        f"{answer['customers']:,} customers on {answer['as_of']}, {answer['scheme']['name']}",
        f"Columns: {used}. Frequency counts {answer['frequency_counts']}.",
        f"Cut points: R at most {cuts['r']} days, F at least {cuts['f']}, M at least {cuts['m']}",
        "",
        f"{'segment':<28}{'customers':>11}{'share':>8}{'sales':>18}  strategy",
    ]
    lines += [
        f"{row['code']} {row['name']:<24}{row['customers']:>11,}{row['share']:>8.1%}{row['sales']:>18,.2f}"
        f"  {row['strategy']}"
        for row in answer["segments"]
    ]
    return "\n".join([*lines, *left_out(answer["rejected"])])
