"""`dangol file quality FILE...`: how good plain CSV, Excel or Parquet files are, with no set-up and no database."""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput


def add(methods: Any) -> None:
    """Describe the method."""
    quality = methods.add_parser(
        "quality",
        help="measure how complete, believable, uniform and fresh the columns of a file are",
        description="Measures every column (kind, filled, valid, forms, placeholders, outliers, dates), keys and "
        "people that occur twice, and the criteria of data quality that can be known from a file. Columns are "
        "recognised by their English or Korean names and by their values.",
    )
    quality.add_argument("files", nargs="+", type=Path, metavar="FILE",
                         help="CSV (UTF-8, CP949 or UTF-16), Excel or Parquet")  # fmt: skip
    quality.add_argument("--id", metavar="COLUMN", help="column that names a row")
    quality.add_argument("--map", metavar="FIELD=COLUMN", action="append", default=[],
                         help="what a column holds: name, phone, email, address, postcode, birth, date, gender, "
                         "number, id, category or text")  # fmt: skip
    quality.add_argument("--as-of", metavar="DATE", help="day that freshness is counted from, like 2026-10-31; today")
    quality.add_argument("--out", type=Path, metavar="TABLE", help="write one row per issue (.csv or .parquet)")
    quality.add_argument("--json", action="store_true", help="answer as JSON")
    quality.set_defaults(run=run, needs_django=False)


def run(given: argparse.Namespace) -> int:
    """Run `dangol file quality`."""
    from dangol.cli.file import no_set_up

    with no_set_up():
        answer = _measure(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else "\n".join(_words(answer)))
    return 0


def _measure(given: argparse.Namespace) -> dict[str, Any]:
    from dangol.customers.quality.plain import measuring

    if given.out and given.out.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput("The table is written as .csv or .parquet: {path} is neither.", field="out", path=given.out)
    today, kinds = _day(given.as_of), _kinds(given.map)
    reports, issues = [], []
    for name, table, uneven in _tables(given.files):
        found = measuring.measure(table, today=today, key=given.id, kinds=kinds)
        reports.append({"file": name} | found.report | {"rows_left_out": uneven})
        if given.out:
            issues.append(measuring.issue_table(found, table))
    if given.out:
        _write(issues, given.out)
    written = {"out": str(given.out), "issues": sum(part.num_rows for part in issues)} if given.out else {}
    single = {} if len(reports) > 1 else {name: value for name, value in reports[0].items() if name != "file"}
    return {"method": "quality", "as_of": today.isoformat()} | single | {"files": reports} | written


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011  the day of whoever asks
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-10-31.", field="as-of", text=text) from None


def _kinds(given: list[str]) -> dict[str, str]:
    """{column: kind} from FIELD=COLUMN."""
    found = {}
    for text in given:
        kind, equals, column = text.partition("=")
        if not equals or not column:
            raise BadInput("Write --map as FIELD=COLUMN, like phone=연락처. “{text}” is not.", field="map", text=text)
        found[column] = {"birth_year": "birth", "source_key": "id", "amount": "number"}.get(kind, kind)
    return found


def _tables(paths: list[Path]) -> list[tuple[str, Any, int]]:
    """(name, table of texts, rows left out); files with the same columns are measured as one."""
    import pyarrow as pa

    from dangol.cli import sheets

    read = []
    for path in paths:
        table, left_out = sheets.read(path)
        texts = pa.table({name: _texts(table[name]) for name in table.column_names})
        read.append((path.name, texts, left_out))
    same = all(one[1].column_names == read[0][1].column_names for one in read)
    if len(read) > 1 and same:
        return [(", ".join(one[0] for one in read), pa.concat_tables([one[1] for one in read]),
                 sum(one[2] for one in read))]  # fmt: skip
    return read


def _texts(column: Any) -> Any:
    """A column of any type as text: dates without an empty time, whole numbers without a decimal point."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return pa.chunked_array([[None if one is None else str(one) for one in column.to_pylist()]], pa.string())
    text = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring_regex(text, r" 00:00:00(\.0+)?Z?$", "")
    if pa.types.is_floating(column.type):
        return pc.replace_substring_regex(text, r"\.0$", "")
    return text


def _write(parts: list[Any], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    table = pa.concat_tables(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        pacsv.write_csv(table, path)
    else:
        pq.write_table(table, path, compression="zstd")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _words(answer: dict[str, Any]) -> list[str]:
    """The answer for a person at a terminal."""
    lines = []
    for report in answer["files"]:
        lines += [f"{report['file']}: {report['rows']:,} rows, {len(report['columns'])} columns", ""]
        lines.append(f"{'column':<24}{'kind':<10}{'filled':>8}{'valid':>8}{'one form':>10}{'distinct':>11}  problems")
        for one in report["columns"]:
            problems = ", ".join(f"{name} {count:,}" for name, count in one["problems"].items())
            lines.append(f"{one['column'][:23]:<24}{one['kind']:<10}{_share(one['filled_share']):>8}"
                         f"{_share(one['valid_share']):>8}{_share(one['standardised_share']):>10}"
                         f"{one['distinct']:>11,}  {problems}")  # fmt: skip
        key, doubles = report["key"], report["duplicates"]
        lines.append("")
        if key["column"]:
            lines.append(f"Key {key['column']}: {key['duplicate_rows']:,} rows repeat a key, "
                         f"{key['near_duplicate_rows']:,} nearly")  # fmt: skip
        lines.append(f"Rows that occur twice: {doubles['duplicate_rows']:,}; people that occur twice: "
                     f"{doubles['same_person']['rows']:,}")  # fmt: skip
        for code, one in report["criteria"].items():
            lines.append(f"{code:<16}{_share(one['value']):>8}  {one['reason']}")
        lines.append("")
    if "out" in answer:
        lines.append(f"{answer['issues']:,} issues written to {answer['out']}")
    return lines
