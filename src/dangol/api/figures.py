"""Figures: any measure by any dimension."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Problem, Strict, caller
from dangol.insight.olap import reads, rules
from dangol.insight.olap.own import actions as own_actions
from dangol.insight.olap.own import reads as own
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["figures"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Name = Annotated[str, Field(max_length=60)]
Formula = Annotated[str, Field(max_length=500)]


class MeasureOut(Schema):
    """A measure; unit: a currency, or count, ratio, share, days; also: other words that ask for it."""

    name: str
    label: str
    unit: str
    definition: str
    also: list[str] = []


class DimensionOut(Schema):
    """Something to group or filter by; also: other words that ask for it."""

    name: str
    label: str
    definition: str
    also: list[str] = []


class FiguresOut(Schema):
    """Rows of dimensions and measures. Amounts are in major units; null is missing or not enough data.

    groups: how many rows there are in all; newest: false where an older snapshot answered; generated: dimensions that
    hold generated data; hints: where there are no figures, members that the condition names and that do not exist.
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
    hints: list[str] = []


class HierarchyOut(Schema):
    """A way to drill down; levels: names of dimensions from coarse to fine."""

    name: str
    label: str
    levels: list[str]


class OwnMeasureIn(Strict):
    """A measure made of others by a formula. version: the one it is changed from, 0 for a new one."""

    label_en: Annotated[str, Field(min_length=1, max_length=60)]
    label_ko: Annotated[str, Field(min_length=1, max_length=60)]
    unit: Literal["money", "count", "ratio", "share", "days"]
    formula: Annotated[str, Field(min_length=1, max_length=500)]
    condition: Annotated[str, Field(max_length=4000)] = ""
    version: Annotated[int, Field(ge=0, le=10**6)] = 0


class OwnMeasureOut(Schema):
    """A measure somebody made, in force."""

    star: str
    name: str
    label_en: str
    label_ko: str
    unit: str
    formula: str
    condition: str
    version: int
    by: str
    at: datetime


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
    measure: Annotated[list[Formula], Query(min_length=1, max_length=20)],
    by: Annotated[list[Name], Query(max_length=rules.MOST_DIMENSIONS)] = [],  # noqa: B006
    where: Annotated[str, Field(max_length=4000)] = "",
    order: Annotated[str, Field(max_length=501)] = "",
    limit: Annotated[int, Field(ge=1, le=rules.USUAL_ROWS)] = 1000,
    having: Annotated[str, Field(max_length=4000)] = "",
    total: bool = False,
    star: Name = "",
) -> Any:
    """Measures by dimensions under a condition, like `month >= '2017-03' and brand in ('National', 'Private')`.

    measure: a name, a label, another word for it, or a formula. having: a condition on measures; the rows that meet it
    are kept. star: which one is asked; the company's own if not given.
    """
    answer = reads.ask(caller(request), measure, by, where, limit=limit, order=order, having=having, total=total,
                       star=star)  # fmt: skip
    return reads.plain(answer)


@router.get("/figures/names", response={200: NamesOut, **FAILURES}, operation_id="list_figure_names")
def list_figure_names(request: HttpRequest, star: Name = "") -> Any:
    """All measures, dimensions and hierarchies of a star with their definitions."""
    return reads.names(caller(request), star)


@router.get("/figures/stars", response={200: list[StarOut], **FAILURES}, operation_id="list_stars")
def list_stars(request: HttpRequest) -> Any:
    """The stars that can be asked; the company's own has an empty name and comes first."""
    return reads.stars(caller(request))


@router.get("/figures/measures", response={200: list[OwnMeasureOut], **FAILURES}, operation_id="list_own_measures")
def list_own_measures(request: HttpRequest, star: Name = "") -> Any:
    """The measures that people made for a star."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    reads.model(by, star)
    return own.written(star)


@router.post("/figures/measures/{name}/check", response={200: MeasureOut, **FAILURES}, operation_id="check_own_measure")
def check_own_measure(request: HttpRequest, name: Name, body: OwnMeasureIn, star: Name = "") -> Any:
    """What a measure would be; saves nothing. What is wrong is said with its place."""
    found = own_actions.check(by=caller(request), given=own.Written(star, name, **body.dict()))
    label, definition = reads.texts(found)
    return {"name": found.name, "label": label, "unit": found.unit.value, "definition": definition}


@router.put("/figures/measures/{name}", response={200: OwnMeasureOut, **FAILURES}, operation_id="save_own_measure")
def save_own_measure(request: HttpRequest, name: Name, body: OwnMeasureIn, star: Name = "") -> Any:
    """Make or change a measure; every version is kept."""
    return own_actions.save(by=caller(request), given=own.Written(star, name, **body.dict()))


@router.delete("/figures/measures/{name}", response={204: None, **FAILURES}, operation_id="remove_own_measure")
def remove_own_measure(request: HttpRequest, name: Name, star: Name = "", anyway: bool = False) -> Any:
    """Take a measure away, unless others are made of it. anyway: also from the views and mailings that show it."""
    own_actions.remove(by=caller(request), star=star, name=name, anyway=anyway)
    return Status(204, None)
