"""What a row of a source, or a text written by hand, says field by field, in standard form."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dangol.base.errors import BadInput
from dangol.customers.identify.rules import ADDRESS_PARTS, address_columns, name_columns, standard
from dangol.customers.standard.reads import columns as standard_columns
from dangol.customers.standard.rules import cleaned, holds_resident_number
from dangol.staff import reads as staff

ATTRIBUTE = "attr:"
RESIDENT_DIGITS = 13
STANDARDISED = ("name", "phone", "email", "address", "birth", "gender")
TEXTS = ("name", "phone", "email", "address", "birth", "birth_year", "gender", "age_band")
COMPARED = {
    "phone": "phone_e164",
    "name": "name_standard",
    "birth": "birth_day",
}  # field -> the column two values are compared by
Said = dict[str, dict[str, Any]]  # field -> the columns it fills in


class Places:
    """The ids of organisation units and members by the names and codes sources write."""

    def __init__(self) -> None:
        units = [(unit.id, unit.name) for unit in staff.units()]
        self.units = {str(pk): pk for pk, _name in units} | {name: pk for pk, name in units}
        members = staff.rep_names()
        names = [name for _pk, _email, name in members]
        self.reps = {name: pk for pk, _email, name in members if names.count(name) == 1} if len(names) < 2000 else {}
        self.reps |= {email: pk for pk, email, _name in members}
        self.reps |= {str(pk): pk for pk, _email, _name in members}


def read(rows: Sequence[Mapping[str, Any]], places: Places) -> list[tuple[Said, int]]:
    """For each row of a source: every field it has a value of with its columns, and how many values were refused.

    All rows together: every distinct text is brought to its standard form once.
    """
    texts: dict[str, list[str]] = {name: [] for name in STANDARDISED}
    refused = [0] * len(rows)
    for place, row in enumerate(rows):
        for name, column in texts.items():
            text, bad = _text(name, row.get(name))
            column.append(text)
            refused[place] += bad
    table = standard_columns(
        pa.table({name: pa.array(column, pa.string()) for name, column in texts.items()}),
        {name: name for name in STANDARDISED},
    )
    parts = {name: table.column(name).to_pylist() for name in table.column_names}
    found = []
    for place, row in enumerate(rows):
        said = _standardised({name: column[place] for name, column in parts.items()})
        refused[place] += _plain(said, row)
        if "birth" in said and row.get("birth_lunar") == "lunar":  # collected as the solar day it is
            said["birth"]["birth_lunar"] = True
        _add_postcode(said, row)
        _add_places(said, row, places)
        found.append((said, refused[place]))
    return found


def _text(name: str, value: Any) -> tuple[str, int]:
    """A value as clean text; a resident registration number is no text to keep (it counts as refused)."""
    if value in (None, ""):
        return "", 0
    text = cleaned(str(value))
    if len(text) >= RESIDENT_DIGITS and holds_resident_number(text):
        return "", 1
    # Of an e-mail address the line breaks must still be seen: they are what injections are made of.
    return (str(value) if name == "email" else text), 0


def _standardised(one: Mapping[str, Any]) -> Said:
    found: Said = {}
    if one["name_standard"]:
        found["name"] = name_columns(one["name_standard"], one["name_family"], one["name_first"])
    if one["phone"]:
        found["phone"] = {
            "phone": one["phone"][:40], "phone_e164": one["phone_e164"], "phone_tail": one["phone_tail"]
        }  # fmt: skip
    if email := one["email_standard"] or cleaned(one["email"]).lower()[:254]:
        found["email"] = {"email": email}
    if one["address"]:
        found["address"] = address_columns(one["address"], {part: one[f"address_{part}"] for part in ADDRESS_PARTS})
    if one["birth"]:
        found["birth"] = {
            "birth": one["birth"][:40], "birth_day": one["birth_day"], "birth_lunar": bool(one["birth_lunar"])
        }  # fmt: skip
    if one["birth_year"]:
        found["birth_year"] = {"birth_year": int(one["birth_year"])}
    if one["gender_standard"]:
        found["gender"] = {"gender": one["gender_standard"]}
    return found


def _plain(found: Said, row: Mapping[str, Any]) -> int:
    """The fields that are read one by one; how many were refused."""
    refused = 0
    for name, value in (("birth_year", row.get("birth_year")), ("age_band", row.get(ATTRIBUTE + "age_band"))):
        if value in (None, ""):
            continue
        try:
            columns = standard({name: value})
        except BadInput:
            refused += 1
            continue
        if columns[name] not in (None, ""):
            found[name] = columns
    return refused


def _add_postcode(found: Said, row: Mapping[str, Any]) -> None:
    if "address" in found and row.get("postcode") and not found["address"]["postcode"]:
        found["address"]["postcode"] = str(row["postcode"])[:10]


def _add_places(found: Said, row: Mapping[str, Any], places: Places) -> None:
    if unit := places.units.get(str(row.get("unit_code") or "")):
        found["unit"] = {"unit_id": unit}
    if rep := places.reps.get(str(row.get("rep_code") or "")):
        found["rep"] = {"rep_id": rep}


def attributes_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The source's own attributes of a row that have a value."""
    return {
        name.removeprefix(ATTRIBUTE): value
        for name, value in row.items()
        if name.startswith(ATTRIBUTE) and name != ATTRIBUTE + "age_band" and value not in (None, "")
    }


def by_hand(name: str, text: str) -> dict[str, Any]:
    """The columns a text written by hand fills in; of a unit or rep its id."""
    if name in ("unit", "rep"):
        return {f"{name}_id": int(text) if text else None}
    return standard({name: text})


def compared(name: str, columns: Mapping[str, Any]) -> str:
    """A value in the form in which two are compared."""
    value = columns.get(COMPARED.get(name, ""), "") or columns[f"{name}_id" if name in ("unit", "rep") else name]
    return "" if value is None else str(value)


def present(row: Any, name: str) -> dict[str, Any]:
    """The columns of a field as a customer's row has them now."""
    return {column: getattr(row, column) for column in COLUMNS[name]}


COLUMNS = {
    "name": ("name", "family_name", "given_name"),
    "phone": ("phone", "phone_e164", "phone_tail"),
    "email": ("email",),
    "address": (
        "address", "sido", "sigungu", "dong", "road", "building_no", "lot_no", "building", "address_detail", "postcode",
    ),
    "birth": ("birth", "birth_day", "birth_lunar"),
    "birth_year": ("birth_year",),
    "gender": ("gender",),
    "age_band": ("age_band",),
    "unit": ("unit_id",),
    "rep": ("rep_id",),
}  # fmt: skip
EMPTY: dict[str, Any] = {"birth_day": None, "birth_lunar": False, "birth_year": None, "unit_id": None, "rep_id": None}


def nothing(name: str) -> dict[str, Any]:
    """The columns of a field nobody says anything about."""
    return {column: EMPTY.get(column, "") for column in COLUMNS[name]}
