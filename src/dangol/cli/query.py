"""`dangol query`: ask the warehouse for measures by dimensions."""

import argparse
import csv
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from dangol.base.money import Currency, currency, show

LINES = 1_000


EXAMPLES = """\
examples:
  dangol query sales orders customers                         three figures over everything
  dangol query sales by month                                 "by" is the same as --by
  dangol query 매출 객단가 --by 월 --where "올해"               names and words of both languages
  dangol query sales aov --by brand --top 10 --where "last 12 months"
  dangol query buyers "growth(sales)" "yoy(sales)" --by quarter --total
  dangol query "sales / total(sales)" --by region             the share of the whole; or "share(sales)"
  dangol query sales "ytd(sales)" --by month --where "year = 2017"
  dangol query sales --by product --having "sales > 1000 and orders >= 10"
  dangol query sales --by month --where "brand in ('Private', 'National') and region is not missing" --csv
  dangol query --list                                         everything that can be asked, with its meaning
  dangol query --list ticket                                  what has to do with a word

conditions (--where):
  NAME = 'text', !=, <, <=, >, >=, in ('a', 'b'), not in, between 'a' and 'b', contains 'x', starts with 'x',
  ends with 'x', like '%x%', is missing, is empty, joined by and, or, not and brackets
  periods: 2017, 2017-H1, 2017-Q1, 2017-03, 2017-W13, 2017-03-31; this month, last month, last 30 days,
  last 12 months, year to date, 올해, 지난달, 최근 30일; all counted from the last day of the data
  [a name of several words] stands in brackets

formulas:
  + - * / ( ), total, share, rank, cumulative, previous, growth, year_before, year_growth (yoy), year_to_date (ytd),
  quarter_to_date, month_to_date, moving_mean, if_missing; docs/stars.md says what each gives
"""


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser(
        "query",
        help="Ask the warehouse: measures by dimensions.",
        description="Ask for measures, split by dimensions. Everything may be called by its name, its label or another "
        "word for it, in English or Korean.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help="what to compute, e.g. sales orders, or a formula like 'sales / total(sales)'; with --list, words to "
        "look for",
    )
    parser.add_argument(
        "--by", nargs="+", action="extend", default=[], metavar="DIMENSION", help="split by, e.g. month"
    )
    parser.add_argument(
        "--where", default="", metavar="EXPR", help="condition, e.g. \"month >= '2017-03' and brand = 'Private'\""
    )
    parser.add_argument(
        "--having", default="", metavar="EXPR", help="keep the rows whose figures meet a condition, e.g. 'orders > 10'"
    )
    parser.add_argument(
        "--order",
        nargs="+",
        default=[],
        metavar="NAME",
        help="a column of the answer; - before it, or desc behind, for the largest first",
    )
    parser.add_argument("--top", type=int, default=None, metavar="N", help="the N largest by the first measure")
    parser.add_argument(
        "--limit", type=int, default=None, metavar="N", help=f"most rows (default {LINES} in a terminal)"
    )
    parser.add_argument("--star", default="", metavar="NAME", help="a star added with `dangol star add`")
    parser.add_argument("--total", action="store_true", help="also compute the measures over everything")
    parser.add_argument("--list", action="store_true", help="name what can be asked")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="answer as JSON; amounts in major units")
    form.add_argument("--csv", action="store_true", help="answer as CSV; amounts in major units")
    # argparse takes "-sales_amount" for an option; told that such a word is like a negative number, it is a value.
    parser._negative_number_matcher = re.compile(r"-[^\W\d]\w+")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Run the command; labels are English, as all a command says."""
    from django.utils import translation

    with translation.override("en"):
        return _list(given.star, given.measures, as_json=given.json) if given.list else _ask(given)


def _ask(given: argparse.Namespace) -> int:
    from dangol.insight.olap import reads, rules

    whole = given.json or given.csv
    measures, by = _parted(given.measures)
    limit = given.limit if given.limit is not None else rules.MOST_ROWS if whole else LINES
    answer = reads.ask(
        None,
        measures,
        _names([*by, *given.by]),
        given.where,
        limit=limit if given.top is None else given.top,
        order=_ordered(given.order) or (f"-{measures[0]}" if given.top is not None and measures else ""),
        having=given.having,
        total=given.total,
        star=given.star,
    )
    if given.json:
        print(json.dumps(reads.plain(answer), ensure_ascii=False))
    elif given.csv:
        _csv(answer)
    else:
        _table(answer)
    if given.csv and answer.hints:
        print(*reads.said(answer), sep="\n", file=sys.stderr)
    return 0


def _ordered(said: Sequence[str]) -> str:
    """By what is ordered: `-sales`, or as in SQL `sales desc`."""
    back = bool(said) and said[-1].casefold() == "desc"
    name = " ".join(said[:-1] if said and said[-1].casefold() in ("asc", "desc") else said)
    return f"-{name}" if back and not name.startswith("-") else name


def _parted(said: Sequence[str]) -> tuple[list[str], list[str]]:
    """Measures, and the dimensions said after the word "by" among them."""
    words = [word.rstrip(",") for word in said]
    places = [place for place, word in enumerate(words) if word.casefold() == "by"]
    return (words[: places[0]], words[places[0] + 1 :]) if places else (words, [])


def _names(by: Sequence[str]) -> list[str]:
    """Dimensions may be given with spaces or commas."""
    return [name for part in by for name in part.split(",") if name]


def _csv(answer: Any) -> None:
    from dangol.insight.olap.reads import major

    money = currency(answer.currency)
    writer = csv.writer(sys.stdout)
    writer.writerow([column.name for column in answer.columns])
    for row in answer.rows:
        writer.writerow([major(row[column.name], column.unit, money) for column in answer.columns])


def _shown(value: Any, unit: str, money: Currency) -> str:
    """A figure as people read it in a terminal."""
    if value is None:
        return "–"
    if not unit:
        return str(value)
    if unit == "money":
        return show(round(value), money)
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _table(answer: Any) -> None:
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    from dangol.insight.olap.reads import said

    money = currency(answer.currency)
    table = Table(show_footer=answer.total is not None, header_style="bold")
    for column in answer.columns:
        foot = _shown(answer.total[column.name], column.unit, money) if answer.total and column.unit else ""
        mark = " (generated)" if column.generated else ""
        table.add_column(column.name + mark, foot, justify="right" if column.unit else "left")
    for row in answer.rows:
        table.add_row(*(_shown(row[column.name], column.unit, money) for column in answer.columns))
    console = Console(highlight=False)
    # A figure cut off is a wrong figure: a table wider than the terminal is printed whole.
    wide = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    console.width = max(console.width, wide)
    console.print(table, crop=False)
    if answer.groups > len(answer.rows):
        console.print(f"{len(answer.rows):,} of {answer.groups:,} rows; --limit shows more.")
    for hint in said(answer):
        console.print(hint, soft_wrap=True)
    console.print(f"As of {answer.as_of}, snapshot {answer.snapshot}.")
    if not answer.newest:
        console.print("The newest snapshot is damaged; an older one answered. Run the cycle to rebuild it.")


def _list(star: str, words: Sequence[str], *, as_json: bool) -> int:
    from dangol.insight.olap.reads import names, resembling

    found = names(star=star)
    if words:
        found = resembling(found, words, star=star)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for title, items in found.items():
        if not items:
            continue
        table = Table("name", "also called", "definition", title=title, title_justify="left", header_style="bold")
        for item in items:
            called = ", ".join([item["label"], *item.get("also", ())])
            table.add_row(item["name"], called, item.get("definition") or " > ".join(item["levels"]))
        console.print(table)
    if not any(found.values()):
        console.print("Nothing of that name. dangol query --list shows everything.")
    return 0
