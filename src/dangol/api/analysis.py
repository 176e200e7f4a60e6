"""Standard reports: what happened to sales and customers, as findings and tables."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from dangol.api.frame import Problem, caller
from dangol.base.errors import BadInput
from dangol.insight.analysis import reads
from dangol.insight.analysis.rules import catalogue

router = Router(tags=["analysis"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 413, 422, 429, 503}): Problem}
Value = str | int | float | None


class OptionOut(Schema):
    """What may be set: a whole number or one of several words."""

    name: str
    label: str
    usual: str


class KindOut(Schema):
    """A report; splits: dimensions it may be split by, the first the usual one."""

    name: str
    title: str
    lead: str
    splits: list[str]
    options: list[OptionOut]


class KindsOut(Schema):
    """All reports."""

    reports: list[KindOut]


class ValueOut(Schema):
    """A value of a sentence; kind: money (minor units), count, share, text and so on."""

    kind: str
    value: Value


class SentenceOut(Schema):
    """An English sentence with {names}, and their values."""

    template: str
    values: dict[str, ValueOut]


class FindingOut(SentenceOut):
    """What was found; aim and segments: of the campaign it suggests, empty for none."""

    tone: Literal["good", "bad", "plain"]
    aim: str
    segments: list[str]


class FigureOut(Schema):
    """One figure."""

    label: str
    kind: str
    value: Value


class ColumnOut(Schema):
    """A column of a table."""

    name: str
    label: str
    kind: str
    generated: bool


class TableOut(Schema):
    """Rows by column name; amounts are minor units, null is not enough data."""

    name: str
    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, Value]]
    total: dict[str, Value] | None


class DefinitionOut(Schema):
    """What a term means."""

    term: str
    meaning: str


class ReportOut(Schema):
    """A report. covered: whether the data reach back over the period compared with."""

    name: str
    title: str
    first: date
    last: date
    compared_first: date | None
    compared_last: date | None
    covered: bool
    split: str
    options: dict[str, str | int]
    findings: list[FindingOut]
    figures: list[FigureOut]
    notes: list[SentenceOut]
    tables: list[TableOut]
    definitions: list[DefinitionOut]
    currency: str
    as_of: str
    snapshot: str
    newest: bool


@router.get(
    "/analysis/reports",
    response={200: KindsOut, **FAILURES},
    operation_id="list_reports",
    summary="The standard reports",
)
def list_reports(request: HttpRequest) -> Any:
    """All reports, with what may be set in each."""
    return {"reports": [reads.told(kind) for kind in reads.kinds(caller(request))]}


@router.get(
    "/analysis/reports/{name}", response={200: ReportOut, **FAILURES}, operation_id="get_report", summary="One report"
)
def get_report(  # noqa: PLR0917  named in the query string
    request: HttpRequest,
    name: Annotated[str, Field(max_length=40)],
    end: Annotated[str, Field(max_length=7)] = "",
    months: Annotated[int, Field(ge=0, le=24)] = 0,
    against: Literal["previous", "year"] = "previous",
    split: Annotated[str | None, Field(max_length=60)] = None,
    where: Annotated[str, Field(max_length=4000)] = "",
    option: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
) -> Any:
    """A report over whole months up to `end` (like 2017-12); `option` like `least=50`, once for each."""
    kind = catalogue.kind(name)
    numbers, ways = _options(kind, option)
    ask = reads.Ask(name, end, months, against, split, {}, where, numbers, ways)
    return reads.plain(reads.report(caller(request), ask))


def _options(kind: catalogue.Kind, given: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    """The options and choices written as name=value. Raises BadInput."""
    numbers, ways = {}, {}
    known = {one.name for one in kind.options}
    for text in given:
        name, _sign, value = text.partition("=")
        if name in known and value.isascii() and value.isdecimal() and len(value) <= 9:
            numbers[name] = int(value)
        elif name in {one.name for one in kind.choices}:
            ways[name] = value
        else:
            raise BadInput(
                "“{text}” is not an option of this report. Write it like least=50.", field="option", text=text[:40]
            )
    return numbers, ways
