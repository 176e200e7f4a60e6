"""The forms of this area: a file, a query, and the one mapping form for every kind of source."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.customers.collect.rules import ATTRIBUTE, RECORDS, Type

FILES = ".csv,.tsv,.txt,.xlsx,.xls,.xlsm,.ods,.parquet"
ENCODINGS = (("", _("find it")), ("utf-8", "UTF-8"), ("cp949", "CP949 (EUC-KR)"))
DELIMITERS = (("", _("find it")), (",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", _("vertical bar")))
DECIMALS = ((".", _("point: 1,234.50")), (",", _("comma: 1.234,50")))
ORDERS = (
    ("ymd", _("year, month, day: 2026-11-23")), ("dmy", _("day, month, year: 23.11.2026")),
    ("mdy", _("month, day, year: 11/23/2026")),
)  # fmt: skip
FIELD, KEEP = "field:", "keep"


def kinds() -> list[tuple[str, str]]:
    """The kinds of record to choose from."""
    return [(record.kind, f"{gettext(record.label)}: {gettext(record.definition)}") for record in RECORDS.values()]


class UploadForm(forms.Form):
    """A file to load."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV, Excel or Parquet."), allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": FILES}),
    )  # fmt: skip


class FormatForm(forms.Form):
    """How the file is written; what was found can be changed."""

    kind = forms.ChoiceField(label=_("Kind of record"), choices=kinds)
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=DELIMITERS, required=False)
    sheet = forms.CharField(label=_("Sheet"), max_length=100, required=False)

    def __init__(self, *args: Any, reader: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reader != "csv":
            del self.fields["encoding"], self.fields["delimiter"]
        if reader != "excel":
            del self.fields["sheet"]


class MappingForm(forms.Form):
    """Which column fills which field, what names a row, and how values are written."""

    code = forms.SlugField(
        label=_("Code"), max_length=60, help_text=_("A short name: letters, digits, - and _, like shop-sales.")
    )
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    system = forms.CharField(
        label=_("Customer numbers belong to"), max_length=60, required=False,
        help_text=_("Sources with the same word here know a customer by the same number."),
    )  # fmt: skip
    key = forms.MultipleChoiceField(
        label=_("What names a row"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("A row with the same key replaces the earlier one. Without a key, equal rows are counted."),
    )  # fmt: skip
    zone = forms.CharField(label=_("Time zone of its times"), max_length=60, required=False)
    decimal = forms.ChoiceField(label=_("Decimal sign"), choices=DECIMALS)
    date_order = forms.ChoiceField(label=_("Order of dates"), choices=ORDERS)

    def __init__(self, *args: Any, kind: str, columns: Sequence[str], mapping: Mapping[str, str], fixed: bool = False,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.kind, self.columns, self.given = kind, list(columns), mapping
        record = RECORDS[kind]
        if fixed:
            self.fields["code"].disabled = True
        self.fields["zone"].initial = self.fields["zone"].initial or settings.DANGOL.time_zone
        self.fields["key"].choices = [(f.name, gettext(f.label)) for f in record.fields]  # type: ignore[attr-defined]
        if not self.is_bound and "key" not in self.initial:
            self.initial["key"] = list(record.key)
        for field in record.fields:
            self.fields[FIELD + field.name] = forms.ChoiceField(
                label=gettext(field.label), help_text=gettext(field.definition), required=field.required,
                choices=self._choices(field.name), initial=mapping.get(field.name, ""),
            )  # fmt: skip
        if record.personal:
            self._attributes()
        elif not any(field.type is Type.TIME for field in record.fields):
            del self.fields["zone"]

    def _choices(self, name: str) -> list[tuple[str, str]]:
        chosen = self.given.get(name, "")
        more = [(chosen, chosen)] if chosen and chosen not in self.columns else []
        return [("", gettext("– not in the file –")), *((c, c) for c in self.columns), *more]

    def _attributes(self) -> None:
        kept = [column for name, column in self.given.items() if name.startswith(ATTRIBUTE)]
        self.fields[KEEP] = forms.MultipleChoiceField(
            label=_("Keep as attributes"), required=False, widget=forms.CheckboxSelectMultiple, initial=kept,
            choices=[(column, column) for column in self.columns],
            help_text=_("Columns of the source's own, like skin type. No names or numbers."),
        )  # fmt: skip

    def field_rows(self) -> list[Any]:
        """The bound fields of the mapping."""
        return [self[name] for name in self.fields if name.startswith(FIELD)]

    def mapping(self) -> dict[str, str]:
        """{field: column} as chosen."""
        chosen = {name.removeprefix(FIELD): self.cleaned_data[name] for name in self.fields if name.startswith(FIELD)}
        kept = {ATTRIBUTE + _slug(column): column for column in self.cleaned_data.get(KEEP, ())
                if column not in chosen.values()}  # fmt: skip
        return {name: column for name, column in (chosen | kept).items() if column}


def _slug(column: str) -> str:
    return re.sub(r"\W+", "_", column.strip().casefold()).strip("_") or "attribute"
