"""`dangol file link FILE...`: which rows of one or several plain files are the same person."""

import argparse
import json
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput


def add(methods: Any) -> None:
    """Describe the method."""
    link = methods.add_parser(
        "link",
        help="find rows that are the same person, in one file or across several",
        description="Finds rows that are the same person (or firm). What a column holds is proposed from its name in "
        "English or Korean and from its values; say it yourself with --map where the proposal is wrong. No examples "
        "are needed: what agreement is worth is learnt from the files.",
    )
    link.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="CSV (UTF-8, UTF-16 or CP949), Excel or Parquet"
    )
    link.add_argument("--id", action="append", default=[], metavar="COLUMN",
                      help="column: the row's own key; once for all files, or once for each")  # fmt: skip
    link.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN",
                      help="what a column holds, like --map name=성명; FIELD= leaves a field out")  # fmt: skip
    link.add_argument("--precision", type=float, default=0.995, metavar="SHARE",
                      help="share of joined pairs that shall be right (default 0.995)")  # fmt: skip
    link.add_argument("--duplicates", choices=("find", "yes", "no"), default="find",
                      help="of several files: may one file hold a person twice? (default: found out)")  # fmt: skip
    link.add_argument("--out", type=Path, metavar="TABLE",
                      help="write record_id, cluster_id, probability and file of every row")  # fmt: skip
    link.add_argument("--json", action="store_true", help="answer as JSON")
    link.set_defaults(run=run, needs_django=False)


def run(given: argparse.Namespace) -> int:
    """Run `dangol file link`."""
    from dangol.cli.file import no_set_up

    with no_set_up():
        answer = _link(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else _in_words(answer))
    return 0


def _link(given: argparse.Namespace) -> dict[str, Any]:
    from dangol.cli import sheets
    from dangol.customers.identify.linkage import plain

    if given.out and given.out.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput("The table is written as .csv or .parquet: {path} is neither.", field="out", path=given.out)
    chosen = dict(_chosen(text) for text in given.map)
    read = [sheets.read(path) for path in given.files]
    tables = [one.table for one in read]
    nobody_twice = {"find": None, "yes": False, "no": True}[given.duplicates]
    names = [path.name for path in given.files]
    found = plain.link(tables, names, ids=given.id, chosen=chosen, precision=given.precision,
                       nobody_twice=nobody_twice)  # fmt: skip
    if given.out:
        _write(found.records, given.out)
    return _answer(found, given, read)


def _chosen(text: str) -> tuple[str, str]:
    name, equals, header = text.partition("=")
    if not equals:
        raise BadInput("Write --map as FIELD=COLUMN, like name=성명: “{text}” is not.", field="map", text=text)
    return name.strip(), header.strip()


def _write(records: Any, path: Path) -> None:
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        pacsv.write_csv(records, path)
    else:
        pq.write_table(records, path, compression="zstd")


def _answer(found: Any, given: argparse.Namespace, read: list[Any]) -> dict[str, Any]:
    import pyarrow.compute as pc

    sizes = pc.value_counts(found.records["cluster_id"]).field("counts").to_pylist()
    linked = found.linked
    return {
        "method": "link",
        "files": [{"file": path.name, "rows": one.table.num_rows, "rows_left_out": one.left_out, "columns_used": fields}
                  for path, one, fields in zip(given.files, read, found.fields, strict=True)],
        "records": sum(one.table.num_rows for one in read),
        "clusters": len(sizes),
        "clusters_of_several": sum(size > 1 for size in sizes),
        "linked_records": sum(size for size in sizes if size > 1),
        "linked_pairs": sum(size * (size - 1) // 2 for size in sizes),
        "pairs_compared": linked.looked_at,
        "threshold": round(linked.threshold, 6),
        "wanted_precision": given.precision,
        "expected_precision": round(linked.precision, 6),
        "expected_precision_is_rough": found.rough,
        "one_partner_per_file": linked.one_to_one,
        "households_seen": linked.vetoes.twins,
        "blocking": [" + ".join(parts) for parts in linked.keys],
        "seconds": round(found.seconds, 2),
        "out": str(given.out) if given.out else None,
    }  # fmt: skip


def _in_words(answer: dict[str, Any]) -> str:
    """The answer for a person at a terminal."""
    lines = [
        f"{answer['records']:,} records are {answer['clusters']:,} people; {answer['linked_records']:,} records are in "
        f"{answer['clusters_of_several']:,} clusters of several",
        f"Joined from a probability of {answer['threshold']:.3f} on: expected precision "
        f"{answer['expected_precision']:.4f} "
        f"(wanted {answer['wanted_precision']}), {answer['seconds']} s",
    ]
    if answer["expected_precision_is_rough"]:
        lines.append("That precision is a rough guess: no column holds a phone number, e-mail, birth or code, which "
                     "tell records apart. Look at some of the joined ones before relying on it.")  # fmt: skip
    for one in answer["files"]:
        used = ", ".join(f"{name} = {header}" for name, header in one["columns_used"].items())
        left = f" ({one['rows_left_out']:,} lines could not be read)" if one["rows_left_out"] else ""
        lines.append(f"{one['file']}: {one['rows']:,} rows{left}. Columns: {used}")
    return "\n".join(lines)
