"""Figures: up to three measures by up to two dimensions, as a chart, a table and a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.base.formula import guard
from dangol.base.money import currency
from dangol.insight.olap import reads, rules
from dangol.staff.rules import Right
from dangol.web.lists.export import CSV_TYPE, XLSX_TYPE
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags import dangol as shown

PAGE_ROWS = 500
CHART_GROUPS = 20
CHART_COLOURS = 8
USUAL = {"measure": "sales_amount", "by": "month"}
WHERE = "month >= '2017-03' and brand = 'Private'"


class FiguresForm(forms.Form):
    """What is asked; its fields are the query string of the page."""

    measure = forms.ChoiceField(label=_("Measure"))
    measure2 = forms.ChoiceField(label=_("Second measure"), required=False)
    measure3 = forms.ChoiceField(label=_("Third measure"), required=False)
    by = forms.ChoiceField(label=_("Split by"), required=False)
    by2 = forms.ChoiceField(label=_("Then by"), required=False)
    order = forms.ChoiceField(label=_("Sorting"), required=False)
    where = forms.CharField(
        label=_("Only where"),
        required=False,
        max_length=4000,
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["where"].help_text = gettext("For example: %(example)s") % {"example": WHERE}
        measures = [(item.name, gettext(reads.texts(item)[0])) for item in reads.model(None).measures.values()]
        dimensions = [(item.name, gettext(item.label)) for item in reads.dimensions().values()]
        fields: Mapping[str, Any] = self.fields
        for name, choices in (("measure", measures), ("by", dimensions)):
            for field in (key for key in fields if key.rstrip("23") == name):
                fields[field].choices = choices if field == "measure" else [("", gettext("none")), *choices]
        fields["order"].choices = [
            ("", gettext("By group")),
            ("-", gettext("Largest first")),
            ("+", gettext("Smallest first")),
        ]

    def question(self) -> dict[str, Any]:
        """The arguments of `olap.reads.ask`."""
        given = self.cleaned_data
        measures = [given[name] for name in ("measure", "measure2", "measure3") if given[name]]
        order = {"-": "-" + measures[0], "+": measures[0]}.get(given["order"], "")
        by = [given[name] for name in ("by", "by2") if given[name]]
        return {"measures": measures, "by_dimensions": by, "where": given["where"], "order": order}


@page(Right.INSIGHT_VIEW)
def figures(request: Request) -> HttpResponseBase:
    """The page, or with `format=csv` or `xlsx` the same figures as a file."""
    given = request.GET if request.GET.get("measure") else USUAL
    form = FiguresForm(given)
    context: dict[str, Any] = {"form": form, "dimensions": _known()}
    if not form.is_valid():
        return render(request, "insight/figures.html", context, status=422)
    wanted = request.GET.get("format", "")
    try:
        most = rules.MOST_ROWS if wanted else rules.USUAL_ROWS
        answer = reads.ask(request.user, **form.question(), limit=most, total=True)
    except (BadInput, TooMuch) as error:
        form.add_error("where" if error.field == "where" else None, sentence(error))
        return render(request, "insight/figures.html", context, status=422)
    except (NotFound, Damaged) as error:
        return render(request, "insight/figures.html", context | {"missing": sentence(error)})
    if wanted in ("csv", "xlsx"):
        return _file(answer, wanted)
    return render(request, "insight/figures.html", context | _shown(request, answer))


def _known() -> list[dict[str, str]]:
    """Names for conditions, with what they mean."""
    return [{"name": item.name, "label": gettext(item.label), "definition": gettext(item.definition)}
            for item in reads.dimensions().values()]  # fmt: skip


def _shown(request: Request, answer: reads.Answer) -> dict[str, Any]:
    rows = answer.rows[:PAGE_ROWS]
    link = {name: value for name, value in (request.GET or USUAL).items() if name != "format"}
    return {
        "answer": answer,
        "heads": [{"label": gettext(one.label), "numeric": bool(one.unit), "generated": one.generated,
                   "definition": gettext(one.definition)} for one in answer.columns],
        "rows": [[(text(row[one.name], one), bool(one.unit)) for one in answer.columns] for row in rows],
        "total": [text(answer.total.get(one.name), one) if one.unit else "" for one in answer.columns]
        if answer.total and len(answer.columns) > len(answer.total) else None,
        "more": answer.groups - len(rows),
        "chart": chart(answer),
        "link": urlencode(link),
    }  # fmt: skip


def text(value: Any, column: reads.Column) -> Any:
    """A cell as people read it."""
    if value is None:
        return gettext("not enough data") if column.unit else gettext("unknown")
    if not column.unit:
        return period_label(column.name, value) if column.name in rules.PERIODS else value
    return {
        "money": lambda: shown.money(round(value)),
        "share": lambda: shown.percent(value, 1),
        "ratio": lambda: shown.number(value, 2),
        "days": lambda: shown.number(value, 1),
    }.get(column.unit, lambda: shown.number(value))()


def period_label(period: str, value: str) -> str:
    """A period in the reader's language: 2017-03 is 2017년 3월 or Mar 2017."""
    if period == "day":
        return shown.day(value)
    if period == "month":
        return shown.month(date.fromisoformat(value + "-01"))
    if period == "quarter":
        return gettext("Q%(quarter)s %(year)s") % {"year": value[:4], "quarter": value[6:]}
    if period == "half":
        return gettext("H%(half)s %(year)s") % {"year": value[:4], "half": value[6:]}
    if period == "week":
        return gettext("week %(week)s of %(year)s") % {"year": value[:4], "week": int(value[6:])}
    return gettext("%(year)s") % {"year": value}


def chart(answer: reads.Answer) -> dict[str, Any] | None:
    """The first measure as a picture: a line over time, else bars of the largest groups. None for a single figure."""
    split = [column for column in answer.columns if not column.unit]
    measure = next(column for column in answer.columns if column.unit)
    if not split or not any(row[measure.name] is not None for row in answer.rows):
        return None
    time = next((column for column in split if column.name in rules.PERIODS), None)
    others = [column for column in split if column is not time]
    rows, cut = _largest(answer.rows, [column.name for column in others], measure.name,
                         CHART_COLOURS if time else CHART_GROUPS)  # fmt: skip
    values = [_point(row, time, others, measure, answer.currency) for row in rows]
    scale = _scale(measure, answer.currency)
    spec = _line(time, others, scale) if time else _bars(others, scale)
    names = ", ".join(gettext(column.label) for column in split)
    sentence_of = gettext("%(measure)s by %(dimensions)s") % {"measure": gettext(measure.label), "dimensions": names}
    if cut:
        sentence_of += " · " + gettext("the %(n)s largest groups") % {"n": CHART_COLOURS if time else CHART_GROUPS}
    return {"spec": spec | {"data": {"values": values}}, "caption": sentence_of}


def _largest(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], measure: str, most: int
) -> tuple[list[Mapping[str, Any]], bool]:
    """The rows of the groups with the largest values, and whether others were left out."""
    sums: dict[tuple[Any, ...], float] = {}
    for row in rows:
        group = tuple(row[name] for name in names)
        sums[group] = sums.get(group, 0) + (row[measure] or 0)
    kept = set(sorted(sums, key=lambda group: -sums[group])[:most])
    return [row for row in rows if tuple(row[name] for name in names) in kept], len(sums) > most


def _point(
    row: Mapping[str, Any],
    time: reads.Column | None,
    others: Sequence[reads.Column],
    measure: reads.Column,
    code: str,
) -> dict[str, Any]:
    point = {"value": reads.major(row[measure.name], measure.unit, currency(code))}
    if time is not None:
        point["time"] = row[time.name]
    if others:
        point["group"] = " · ".join(str(text(row[column.name], column)) for column in others)
    return point


def _line(time: reads.Column, others: Sequence[reads.Column], scale: dict[str, Any]) -> dict[str, Any]:
    encoding: dict[str, Any] = {
        "x": {"field": "time", "type": "ordinal", "title": gettext(time.label), "axis": {"labelOverlap": True}},
        "y": scale,
    }
    if others:
        encoding["color"] = {"field": "group", "type": "nominal", "title": gettext(others[0].label)}
    return {"mark": {"type": "line", "point": True}, "encoding": encoding}


def _bars(others: Sequence[reads.Column], scale: dict[str, Any]) -> dict[str, Any]:
    title = ", ".join(gettext(column.label) for column in others)
    return {
        "mark": "bar",
        "encoding": {"y": {"field": "group", "type": "nominal", "title": title, "sort": "-x"}, "x": scale},
    }


def _scale(measure: reads.Column, code: str) -> dict[str, Any]:
    scale: dict[str, Any] = {"field": "value", "type": "quantitative", "title": gettext(measure.label)}
    axes = {
        "share": {"format": ".0%", "formatType": "number"},
        "money": {"format": currency(code).sign, "formatType": "money"},
    }
    return scale | {"axis": axes[measure.unit]} if measure.unit in axes else scale


def _file(answer: reads.Answer, form: str) -> HttpResponse:
    """The figures as a file in which no cell can act as a formula; amounts in major units."""
    money = currency(answer.currency)
    heads = [one.name + (" (generated)" if one.generated else "") for one in answer.columns]
    rows = [[reads.major(row[one.name], one.unit, money) for one in answer.columns] for row in answer.rows]
    content = _csv(heads, rows) if form == "csv" else _xlsx(heads, rows)
    response = HttpResponse(content, content_type=CSV_TYPE if form == "csv" else XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="figures-{answer.as_of}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _csv(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(heads)
    writer.writerows([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _xlsx(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("figures")
    for row in (heads, *rows):
        sheet.append([_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text_cell(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, "".join(sign for sign in value if sign >= " "))
    cell.data_type, cell.quotePrefix = "s", True
    return cell
