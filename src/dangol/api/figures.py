"""Figures: any measure by any dimension."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from dangol.api.frame import Problem, caller
from dangol.insight.olap import reads, rules

router = Router(tags=["figures"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 413, 422, 429, 503}): Problem}
Name = Annotated[str, Field(max_length=60)]


class MeasureOut(Schema):
    """A measure; unit: a currency, or count, ratio, share, days."""

    name: str
    label: str
    unit: str
    definition: str


class DimensionOut(Schema):
    """Something to group or filter by."""

    name: str
    label: str
    definition: str


class FiguresOut(Schema):
    """Rows of dimensions and measures. Amounts are in major units; null is missing or not enough data.

    groups: how many rows there are in all; newest: false where an older snapshot answered; generated: dimensions that
    hold generated data.
    """

    measures: list[MeasureOut]
    dimensions: list[DimensionOut]
    rows: list[dict[str, str | int | float | None]]
    total: dict[str, float | None] | None
    groups: int
    snapshot: str
    as_of: str
    newest: bool
    generated: list[str]


class HierarchyOut(Schema):
    """A way to drill down; levels: names of dimensions from coarse to fine."""

    name: str
    label: str
    levels: list[str]


class StarOut(Schema):
    """A star of facts and dimensions."""

    name: str
    label: str


class NamesOut(Schema):
    """What can be asked."""

    measures: list[MeasureOut]
    dimensions: list[DimensionOut]
    hierarchies: list[HierarchyOut]


@router.get("/figures", response={200: FiguresOut, **FAILURES}, operation_id="get_figures")
def get_figures(  # noqa: PLR0917  named in the query string
    request: HttpRequest,
    measure: Annotated[list[Name], Query(min_length=1, max_length=20)],
    by: Annotated[list[Name], Query(max_length=rules.MOST_DIMENSIONS)] = [],  # noqa: B006
    where: Annotated[str, Field(max_length=4000)] = "",
    order: Name = "",
    limit: Annotated[int, Field(ge=1, le=rules.USUAL_ROWS)] = 1000,
    total: bool = False,
    star: Name = "",
) -> Any:
    """Measures by dimensions under a condition, like `month >= '2017-03' and brand in ('National', 'Private')`.

    star: which one is asked; the company's own if not given.
    """
    answer = reads.ask(caller(request), measure, by, where, limit=limit, order=order, total=total, star=star)
    return reads.plain(answer)


@router.get("/figures/names", response={200: NamesOut, **FAILURES}, operation_id="list_figure_names")
def list_figure_names(request: HttpRequest, star: Name = "") -> Any:
    """All measures, dimensions and hierarchies of a star with their definitions."""
    return reads.names(caller(request), star)


@router.get("/figures/stars", response={200: list[StarOut], **FAILURES}, operation_id="list_stars")
def list_stars(request: HttpRequest) -> Any:
    """The stars that can be asked; the company's own has an empty name and comes first."""
    return reads.stars(caller(request))
