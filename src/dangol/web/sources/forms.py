"""The forms of this area: a file, a query, how a file is written, and the one mapping form for every kind of source."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.customers.collect.rules import ATTRIBUTE, RECORDS, Type, parts

FILES = ".csv,.tsv,.txt,.xlsx,.xls,.xlsm,.ods,.parquet"
FIND = ("", _("find it"))
ENCODINGS = (FIND, ("utf-8", "UTF-8"), ("cp949", "CP949 (EUC-KR)"), ("utf-16", "UTF-16"))
DELIMITERS = (FIND, (",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", _("vertical bar")))
DECIMALS = (("", _("decide from all values")), (".", _("point: 1,234.50")), (",", _("comma: 1.234,50")))
ORDERS = (
    ("", _("decide from all values")),
    ("ymd", _("year, month, day: 2026-11-23")), ("dmy", _("day, month, year: 23.11.2026")),
    ("mdy", _("month, day, year: 11/23/2026")),
)  # fmt: skip
HEADER_ROWS = (FIND, ("1", _("one row")), ("2", _("two rows: groups above names")), ("0", _("the file has none")))
HIDDEN = (("", _("read them too")), ("skip", _("leave them out")))
MATCHES = (
    ("", _("the customer number")), ("email", _("e-mail")), ("phone", _("phone")),
    ("name+birth", _("name and day of birth")), ("name+phone", _("name and phone")),
)  # fmt: skip
MODES = (("", _("create new ones and update known ones")), ("create", _("create new ones only")),
         ("update", _("update known ones only")))  # fmt: skip
UNFIT = (
    ("quarantine", _("put the row in quarantine")), ("empty", _("load the row, leave the cell empty")),
    ("keep", _("load it as it is written")),
)  # fmt: skip
EMPTY = (("", _("keep what is known")), ("erase", _("erase what is known")))
FIELD, PLUS, SET, KEEP, OVERWRITE = "field:", "plus:", "set:", "keep", "overwrite"
INPUT = {"class": "input"}
FORMAT = ("encoding", "delimiter", "sheet", "header", "header_rows", "hidden")
VALUES = ("zone", "decimal", "date_order", "unfit", "match_by", "mode", "empty")


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
    """How the file is written; what was found can be changed, and the page follows at once."""

    kind = forms.ChoiceField(label=_("Kind of record"), choices=kinds)
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=DELIMITERS, required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header = forms.IntegerField(label=_("Header begins in row"), min_value=1, max_value=200, required=False)
    header_rows = forms.ChoiceField(label=_("Rows of the header"), choices=HEADER_ROWS, required=False)
    hidden = forms.ChoiceField(label=_("Hidden rows and columns"), choices=HIDDEN, required=False)

    def __init__(self, *args: Any, reader: str, sheets: Sequence[str] = (), hidden: int = 0, fixed: bool = False,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        if reader != "csv":
            del self.fields["encoding"], self.fields["delimiter"]
        if reader != "excel" or len(sheets) < 2:
            del self.fields["sheet"]
        else:
            self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        if not hidden:
            del self.fields["hidden"]
        if reader not in ("csv", "excel"):
            del self.fields["header"], self.fields["header_rows"]
        if fixed:
            del self.fields["kind"]


class MappingForm(forms.Form):
    """Which column fills which field, what names a row, how values are written, and what a row may change."""

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
    match_by = forms.ChoiceField(
        label=_("Find customers by"), required=False,
        help_text=_("For files without a customer number. Where several customers fit, the row goes to quarantine."),
    )  # fmt: skip
    mode = forms.ChoiceField(label=_("What rows may do"), choices=MODES, required=False)
    empty = forms.ChoiceField(label=_("Empty cells"), choices=EMPTY, required=False)
    unfit = forms.ChoiceField(label=_("Phone, e-mail or gender that is none"), choices=UNFIT, required=False)
    zone = forms.CharField(label=_("Time zone of its times"), max_length=60, required=False)
    decimal = forms.ChoiceField(label=_("Decimal sign"), choices=DECIMALS, required=False)
    date_order = forms.ChoiceField(label=_("Order of dates"), choices=ORDERS, required=False)

    def __init__(self, *args: Any, kind: str, columns: Sequence[str], mapping: Mapping[str, str], fixed: bool = False,
                 constants: Mapping[str, str] | None = None, proposals: Mapping[str, Any] | None = None,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.kind, self.columns, self.given = kind, list(columns), mapping
        self.proposals, self.constants = proposals or {}, constants or {}
        self.record = RECORDS[kind]
        if fixed:
            self.fields["code"].disabled = True
        self.fields["zone"].initial = self.fields["zone"].initial or settings.DANGOL.time_zone
        choices = [(f.name, gettext(f.label)) for f in self.record.fields]
        self.fields["key"].choices = choices  # type: ignore[attr-defined]
        if not self.is_bound and "key" not in self.initial:
            self.initial["key"] = list(self.record.key)
        for field in self.record.fields:
            self._add(field)
        if self.record.personal:
            self._people(choices)
        else:
            for name in ("match_by", "empty", "unfit"):
                del self.fields[name]
            if not any(field.type is Type.TIME for field in self.record.fields):
                del self.fields["zone"]
            if not self.record.key:
                del self.fields["mode"]

    def _add(self, field: Any) -> None:
        """The three inputs of a field: its column, one to be added to it, and a text where both are empty."""
        first, second = [*parts(self.given.get(field.name, ""), self.columns), ""][:2]
        label = gettext(field.label)
        self.fields[FIELD + field.name] = forms.ChoiceField(
            label=label, help_text=gettext(field.definition), required=False, choices=self._choices(first),
            initial=first, widget=forms.Select(attrs=INPUT),
        )  # fmt: skip
        self.fields[PLUS + field.name] = forms.ChoiceField(
            label=gettext("{field}: and").format(field=label), required=False, choices=self._choices(second),
            initial=second, widget=forms.Select(attrs=INPUT),
        )  # fmt: skip
        self.fields[SET + field.name] = forms.CharField(
            label=gettext("{field}: where empty").format(field=label), required=False, max_length=200,
            initial=self.constants.get(field.name, ""), widget=forms.TextInput(attrs=INPUT),
        )  # fmt: skip

    def _choices(self, chosen: str) -> list[tuple[str, str]]:
        more = [(chosen, chosen)] if chosen and chosen not in self.columns else []
        return [("", "–"), *((c, c) for c in self.columns), *more]

    def _people(self, choices: list[tuple[str, str]]) -> None:
        kept = [column for name, column in self.given.items() if name.startswith(ATTRIBUTE)]
        self.fields[KEEP] = forms.MultipleChoiceField(
            label=_("Keep as attributes"), required=False, widget=forms.CheckboxSelectMultiple, initial=kept,
            choices=[(column, column) for column in dict.fromkeys([*self._unused(), *kept, *self.columns])],
            help_text=_("Columns of the source's own, like skin type. No names or numbers."),
        )  # fmt: skip
        self.fields[OVERWRITE] = forms.MultipleChoiceField(
            label=_("Fields an update may change"), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(name, label) for name, label in choices if name != "source_key"],
            help_text=_("None ticked: all of them. Others are filled in only where nothing is known yet."),
        )  # fmt: skip
        own = [(name, gettext("attribute {name}").format(name=name.removeprefix(ATTRIBUTE)))
               for name in self.given if name.startswith(ATTRIBUTE)]  # fmt: skip
        self.fields["match_by"].choices = [*MATCHES, *own]  # type: ignore[attr-defined]
        if not self.is_bound and "unfit" not in self.initial:
            self.initial["unfit"] = "quarantine"

    def _unused(self) -> list[str]:
        """Columns no field is filled from."""
        used = {part for column in self.given.values() for part in parts(column, self.columns)}
        return [column for column in self.columns if column not in used]

    def mapping_rows(self) -> list[dict[str, Any]]:
        """The mapping as a table: field, inputs, what was proposed and why."""
        return [
            {"field": field, "label": gettext(field.label), "column": self[FIELD + field.name],
             "plus": self[PLUS + field.name], "set": self[SET + field.name],
             "proposal": self.proposals.get(field.name)}
            for field in self.record.fields
        ]  # fmt: skip

    def value_fields(self) -> list[Any]:
        """The bound fields beside the mapping that stand side by side."""
        names = ("code", "name", "system", "match_by", "mode", "empty", "unfit", "zone", "decimal", "date_order")
        return [self[name] for name in names if name in self.fields]

    def mapping(self) -> dict[str, str]:
        """{field: column} as chosen; two columns to be added as `a + b`."""
        data = self.cleaned_data
        chosen = {}
        for field in self.record.fields:
            columns = [data[start + field.name] for start in (FIELD, PLUS) if data[start + field.name]]
            if columns:
                chosen[field.name] = " + ".join(columns)
        used = {part for column in chosen.values() for part in parts(column, self.columns)}
        kept = {_attribute(column, self.given): column for column in data.get(KEEP, ()) if column not in used}
        return chosen | kept

    def constant_texts(self) -> dict[str, str]:
        """{field: text} for cells that are empty or a field without a column."""
        data = self.cleaned_data
        return {field.name: data[SET + field.name] for field in self.record.fields if data[SET + field.name]}

    def options(self) -> dict[str, str]:
        """How values are read and what a row may change; empty ones too, so that they overrule earlier ones."""
        found = {name: self.cleaned_data.get(name, "") for name in VALUES if name in self.fields}
        if OVERWRITE in self.fields:
            found[OVERWRITE] = ",".join(self.cleaned_data[OVERWRITE])
        return found


def _attribute(column: str, given: Mapping[str, str]) -> str:
    """The attribute a column is kept as: as before, or by its name."""
    before = next((name for name, one in given.items() if one == column and name.startswith(ATTRIBUTE)), "")
    return before or ATTRIBUTE + (re.sub(r"\W+", "_", column.strip().casefold()).strip("_") or "attribute")


class MendForm(forms.Form):
    """One correction of many cells of a column."""

    column = forms.ChoiceField(label=_("Column"))
    verb = forms.ChoiceField(label=_("What to do"))
    find = forms.CharField(label=_("Text to find"), max_length=500, required=False, strip=False)
    put = forms.CharField(label=_("Put in its place"), max_length=500, required=False, strip=False)
    remember = forms.BooleanField(
        label=_("Do this to every later file of this source"), required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, columns: Sequence[str], verbs: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["column"].choices = [(c, c) for c in columns]  # type: ignore[attr-defined]
        self.fields["verb"].choices = [(v, gettext(label)) for v, label in verbs.items()]  # type: ignore[attr-defined]

    def step(self) -> dict[str, str]:
        """The correction as actions take it."""
        return {name: self.cleaned_data[name] for name in ("column", "verb", "find", "put")}
