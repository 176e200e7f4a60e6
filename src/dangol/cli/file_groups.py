"""`dangol file clusters` and `dangol file tree`: kinds of customers, and rules for a target, from a plain table."""

import argparse
import json
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput

METHODS = ("kmeans", "mixture", "hierarchical")
SHOWN_MEANS = 6


def add(methods: Any) -> None:
    """Describe both methods."""
    found = methods.add_parser(
        "clusters",
        help="find kinds of customers in a table with one row per customer",
        description="Finds groups of rows that are alike by columns of numbers, brings the columns to one scale "
        "(logarithm where skewed), tries 2 to 8 groups and takes the number that stays the same when rows are drawn "
        "again and stands apart best. One row is one customer: make such a table of purchases with `dangol file rfm "
        "--out` or `dangol file ltv --out`.",
    )
    _common(found)
    found.add_argument("--k", type=int, default=0, help="number of clusters, 2 to 10 (default: the data choose)")
    found.add_argument("--most-k", type=int, default=8, help="the most clusters tried, 2 to 10 (default: 8)")
    found.add_argument("--method", default="kmeans", help="kmeans (default), mixture or hierarchical")
    found.set_defaults(run=run_clusters, needs_django=False)
    tree = methods.add_parser(
        "tree",
        help="find rules that tell who has a target, in a table with one row per customer",
        description="Grows a tree of at most 8 rules for a target, pruned by cross-validation, on 7 of 10 rows and "
        "checks every rule on the others. Numbers are cut, texts are asked for their commonest values.",
    )
    _common(tree)
    tree.add_argument("--target", required=True, metavar="COLUMN[=VALUE]",
                      help="what the rules are for, like Churn=Yes; the rarer value if none is said")  # fmt: skip
    tree.set_defaults(run=run_tree, needs_django=False)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV (UTF-8 or CP949) or Parquet")
    parser.add_argument(
        "--id", metavar="COLUMN", help="column that names a row; recognised by its name if there is one"
    )
    parser.add_argument("--columns", metavar="A,B,...", help="columns to use (default: all that can be used)")
    parser.add_argument("--without", metavar="A,B,...", help="columns not to use")
    parser.add_argument("--out", type=Path, metavar="TABLE", help="write one row per customer (.csv or .parquet)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run_clusters(given: argparse.Namespace) -> int:
    """Run `dangol file clusters`."""
    answer = _clusters(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else "\n".join(_clusters_in_words(answer)))
    return 0


def run_tree(given: argparse.Namespace) -> int:
    """Run `dangol file tree`."""
    answer = _tree(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else "\n".join(_tree_in_words(answer)))
    return 0


def _read(given: argparse.Namespace, target: str = "") -> Any:
    from dangol.cli import plain_table

    if given.out and given.out.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput("The table is written as .csv or .parquet: {path} is neither.", field="out", path=given.out)
    return plain_table.read(given.files, key=given.id, columns=plain_table.names(given.columns),
                            without=plain_table.names(given.without), target=target)  # fmt: skip


def _about(method: str, read: Any) -> dict[str, Any]:
    return {
        "method": method, "rows": {"read": read.read, "used": read.table.rows}, "id": read.key,
        "columns_used": {"numbers": list(read.table.numbers), "texts": list(read.table.texts)},
        "columns_left_out": [{"column": name, "why": why} for name, why in read.left_out.items()],
        "unreadable": read.unreadable,
    }  # fmt: skip


def _clusters(given: argparse.Namespace) -> dict[str, Any]:
    from dataclasses import asdict

    from dangol.insight.score.groups import plain
    from dangol.insight.score.groups.rules import clusters

    asked = clusters.Wanted(method=given.method, k=given.k, most_k=given.most_k)
    read = _read(given)
    if not read.table.numbers:
        raise BadInput("No column holds numbers that can tell customers apart. Name some with --columns.",
                       field="columns")  # fmt: skip
    found = plain.find_clusters(plain.PlainTable(read.table.rows, read.table.numbers, {}), asked)
    answer = _about("clusters", read) | {"status": "not_enough_data" if found.reason else "found",
                                         "reason": found.reason, "needed": found.needed}  # fmt: skip
    answer["columns_used"] = answer["columns_used"]["numbers"]
    if found.reason:
        return answer
    chosen = next(one for one in found.candidates if one.k == found.choice.k)
    if given.out:
        titles = {code: group["title"] for code, group in found.groups.items()}
        _write(given.out, read, cluster=found.places, name=[titles[int(code)] for code in found.places])
    return answer | {
        "clustering": given.method, "k": found.choice.k, "same_for_everybody": list(found.same),
        "why": clusters.REASONS[found.choice.reason].format(
            k=chosen.k, stability=f"{chosen.stability:.2f}", silhouette=f"{chosen.silhouette:.2f}",
            bic=f"{chosen.bic or 0:,.0f}"),
        "weak": clusters.WEAK.format(silhouette=f"{chosen.silhouette:.2f}") if found.choice.weak else "",
        "candidates": [asdict(one) for one in found.candidates],
        "clusters": [
            {"cluster": code, "name": group["title"], "customers": group["customers"],
             "share": round(group["share"], 4), "means": group["means"],
             "distinguished_by": [{"column": one.feature.partition(":")[2],
                                   "standard_deviations": round(one.difference, 3)} for one in group["traits"]]}
            for code, group in found.groups.items()
        ],
    }  # fmt: skip


def _tree(given: argparse.Namespace) -> dict[str, Any]:
    from dangol.insight.score.groups import plain
    from dangol.insight.score.groups.rules import trees

    read = _read(given, given.target)
    found = plain.grow_tree(read.table, read.hit)
    answer = _about("tree", read) | {
        "status": "not_enough_data" if found.reason == "too_few" else found.reason or "grown",
        "target": read.target, "customers": found.rows, "hits": found.hits,
        "needed": {"customers": found.needed[0], "each_answer": found.needed[1]},
    }  # fmt: skip
    if found.reason:
        return answer
    told = trees.lifts(found.leaves)
    rates = {one.code: told[one.code][0] for one in found.leaves}
    if given.out:
        _write(given.out, read, leaf=found.places, rate=[rates[int(code)] for code in found.places])
    return answer | {
        "auc_held_out": round(found.auc, 4) if found.auc is not None else None,
        "held_out": sum(one.held for one in found.leaves), "first_question": _question(found.tree),
        "leaves": [
            {"leaf": one.code, "rule": [_condition(bounds) for bounds in found.rules[one.code]],
             "customers": one.customers, "hits": one.hits, "rate": told[one.code][0], "held_out": one.held,
             "rate_held_out": told[one.code][1], "lift_held_out": told[one.code][2]}
            for one in sorted(found.leaves, key=lambda one: one.code)
        ],
    }  # fmt: skip


def _question(tree: Any) -> str:
    return str(tree["feature"].partition(":")[2])


def _condition(bounds: Any) -> str:
    """What a rule asks of one column, in words."""
    family, _sign, value = bounds.feature.partition(":")
    if family == "is":
        column, _sign, text = value.partition("=")
        return f"{column} is {text}" if bounds.least is not None and bounds.least > 0 else f"{column} is not {text}"
    least, below = (None if one is None else f"{one:,.6g}" for one in (bounds.least, bounds.below))
    if below is None:
        return f"{value} {least} or more"
    return f"{value} below {below}" if least is None else f"{value} {least} to below {below}"


def _write(path: Path, read: Any, **columns: Any) -> None:
    import pyarrow as pa

    from dangol.cli.file import write

    keys = {read.key or "row": read.keys if read.key else list(range(1, read.table.rows + 1))}
    write(pa.table(keys | columns), path, ())


def _left_out(answer: dict[str, Any]) -> list[str]:
    lines = [f"Left out: {one['column']}: {one['why']}" for one in answer["columns_left_out"]]
    return lines + [f"{name}: {count:,} values cannot be read as numbers and count as missing"
                    for name, count in answer["unreadable"].items()]  # fmt: skip


def _clusters_in_words(answer: dict[str, Any]) -> list[str]:
    rows = answer["rows"]["used"]
    if answer["status"] != "found":
        return [f"Not enough data: {rows:,} customers, {answer['needed']:,} are needed.", *_left_out(answer)]
    lines = [f"{rows:,} customers, {answer['k']} clusters by {', '.join(answer['columns_used'])}", answer["why"]]
    lines += [answer["weak"]] if answer["weak"] else []
    for one in answer["clusters"]:
        lines += ["", f"{one['cluster']} {one['name']}: {one['customers']:,} customers ({one['share']:.1%})"]
        strong = [trait["column"] for trait in one["distinguished_by"]]
        shown = (strong + [name for name in one["means"] if name not in strong])[:SHOWN_MEANS]
        lines += [f"    {name}: {one['means'][name]:,.6g} on average" for name in shown
                  if one["means"].get(name) is not None]  # fmt: skip
    same = (
        [f"The same for everybody: {', '.join(answer['same_for_everybody'])}"] if answer["same_for_everybody"] else []
    )
    return [*lines, "", *same, *_left_out(answer)]


def _tree_in_words(answer: dict[str, Any]) -> list[str]:
    customers, hits = answer["customers"], answer["hits"]
    if answer["status"] == "not_enough_data":
        needed = answer["needed"]
        return [f"Not enough data: {customers:,} customers, {hits:,} of them {answer['target']}; "
                f"{needed['customers']:,} customers and {needed['each_answer']:,} of each answer are needed.",
                *_left_out(answer)]  # fmt: skip
    if answer["status"] == "no_rule":
        return [f"{customers:,} customers, {hits:,} of them {answer['target']}: no rule tells them apart better than "
                "chance.", *_left_out(answer)]  # fmt: skip
    lines = [
        f"{customers:,} customers, {hits:,} of them {answer['target']} ({hits / customers:.1%})",
        f"Checked on {answer['held_out']:,} customers held out: area under the curve "
        + ("unknown" if answer["auc_held_out"] is None else f"{answer['auc_held_out']:.3f}") + " (0.5 is chance)",
        "", f"{'customers':>10}{'rate':>8}{'held out':>10}{'lift':>6}  rule",
    ]  # fmt: skip
    for one in answer["leaves"]:
        held = "-" if one["rate_held_out"] is None else f"{one['rate_held_out']:.1%}"
        lift = "-" if one["lift_held_out"] is None else f"{one['lift_held_out']:.1f}"
        rate = "-" if one["rate"] is None else f"{one['rate']:.1%}"
        lines.append(f"{one['customers']:>10,}{rate:>8}{held:>10}{lift:>6}  {' and '.join(one['rule'])}")
    return [*lines, "", *_left_out(answer)]
