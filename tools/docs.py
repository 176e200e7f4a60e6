"""Writes the pages of docs/ that list what the code declares: settings, measures, endpoints.

`python -m tools.docs` writes them; a test fails where they are out of date.
"""

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Written by `python -m tools.docs` from the code; change it there. -->\n"

QUESTIONS = """
## Conditions

`--where` of the command, `where` of the API, the conditions of own measures and of the explorer are written alike:

| Write | It means |
| --- | --- |
| `brand = 'Private'`, `!=`, `<`, `<=`, `>`, `>=` | compare; periods like `2017-03`, `2017-Q1`, `2017-W13`, `2017` |
| `month = 'March 2017'`, `'2017년 3월'`, `quarter = 'Q1 2017'` | the same in other words |
| `last 12 months`, `last 30 days`, `최근 30일` | so long up to the last day of the data, that day included |
| `this month`, `year to date`, `올해` | the period of the calendar the last day of the data lies in |
| `last quarter`, `month = 'last month'`, `지난달` | the one before |
| `brand in ('A', 'B')`, `brand not in ('A')` | one of these, none of these |
| `month between '2017-01' and '2017-03'` | both ends included |
| `brand contains 'x'`, `brand not contains 'x'` | a part of a text, letter by letter, capitals or not |
| `brand starts with 'x'`, `brand ends with 'x'` | its start or end |
| `brand like '%x%'`, `'x%'`, `'%x'` | the same: `%` stands at the start and end only; `_` is an underscore |
| `brand is missing` (or `is null`), `is not missing` | nothing is known |
| `brand is empty`, `is not empty` | missing, or a text of blanks |
| `place under ('North', 'Seoul')` | a member of a hierarchy by its path |
| `customer_decile = 1`, `customer_rank <= 100` | the best customers under the other conditions |
| `ranked over (year = '2016')` | over which rows customers are ranked instead; `ranked over ()` is all |

They are joined by `and`, `or`, `not` and brackets. A quote inside a text is written twice. Measures and
dimensions may be called by their name, their label or another word of the lists above, in either language; one of
several words stands in square brackets: `[calendar month] = 12`.

`--having` of the command and `having` of the API keep the rows whose figures meet a condition on measures, amounts in
major units: `--having "sales > 1000 and orders >= 10"`. The total stays that of all rows.

## Formulas

Instead of a measure a formula may be asked, or kept as a measure of one's own: `+ - * /`, brackets, numbers, and
the functions of [stars.md](stars.md#other-periods-the-whole).

    dangol query best_tenth_share --where "year = '2017'"
    dangol query sales_amount "sales_amount / total(sales_amount)" --by customer_decile
    dangol query sales_amount "rank(sales_amount)" --by brand --order -sales_amount
    dangol query "cumulative(sales_amount) / total(sales_amount)" --by product
    dangol query cohort_share buying_customers --by first_month months_since_first
    dangol query sales_amount "sales_amount - year_before(sales_amount)" --by month
"""


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def settings() -> str:
    """docs/settings.md"""
    from dangol.config.options import Options

    rows = [
        (f"`{option.name}`", f"`DANGOL_{option.name.upper()}`", f"`{option.default}`", option.metadata["help"])
        for option in fields(Options)
    ]
    return (
        "# Settings\n\n"
        + NOTE
        + "\nEach is a variable of the environment or a line in `dangol.toml` of the home folder; the "
        "environment wins. A name that does not exist or a value that makes no sense stops the start.\n\n"
        + _table(("Name", "Environment", "Default", "Meaning"), rows)
    )


def measures() -> str:
    """docs/measures.md"""
    from dangol.insight.olap.rules import DIMENSIONS, MEASURES

    measured = [(f"`{m.name}`", m.label, m.also, m.unit, m.definition) for m in MEASURES.values()]
    cut = [(f"`{d.name}`", d.label, d.also, d.definition) for d in DIMENSIONS.values()]
    return (
        "# Measures and dimensions\n\n"
        + NOTE
        + "\n`dangol query MEASURE... --by DIMENSION...` and every page and endpoint use "
        "these.\n\n## Measures\n\n"
        + _table(("Name", "Shown as", "Also called", "Unit", "Definition"), measured)
        + "\n## Dimensions\n\n"
        + _table(("Name", "Shown as", "Also called", "Definition"), cut)
        + QUESTIONS
    )


def endpoints() -> str:
    """docs/api.md"""
    from dangol.api import api

    rows = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            first = (operation.get("description") or operation["summary"]).strip().splitlines()[0]
            rows.append((f"`{method.upper()}`", f"`{path}`", first))
    return (
        "# API\n\n" + NOTE + "\nREST under `/api/v1`, described by OpenAPI at `/api/v1/openapi.json`. Send "
        "`Authorization: Bearer TOKEN` (tokens are made under Account, with scopes). Errors are RFC 9457 problems; "
        "lists are paged by cursor; a POST with an `Idempotency-Key` takes effect once.\n\n"
        + _table(("Method", "Address", "What it does"), rows)
    )


PAGES: dict[str, Callable[[], str]] = {"settings.md": settings, "measures.md": measures, "api.md": endpoints}


def main() -> None:
    """Write every page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), "utf-8")


if __name__ == "__main__":
    main()
