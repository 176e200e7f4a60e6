"""What a row of a source, or a text written by hand, says field by field, in standard form."""

from collections.abc import Iterator, Mapping
from typing import Any

from dangol.base.errors import BadInput
from dangol.customers.identify.rules import standard
from dangol.staff import reads as staff

ATTRIBUTE = "attr:"
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


def said_by(row: Mapping[str, Any], places: Places) -> tuple[Said, int]:
    """For each field a row of a source has a value of, its columns; and how many values were refused."""
    found: Said = {}
    refused = 0
    given: dict[str, Any] = {"age_band": row.get(ATTRIBUTE + "age_band"), **row}
    for name in TEXTS:
        if given.get(name) in (None, ""):
            continue
        try:
            found |= _said(name, given)
        except BadInput:
            refused += 1
    if unit := places.units.get(str(row.get("unit_code") or "")):
        found["unit"] = {"unit_id": unit}
    if rep := places.reps.get(str(row.get("rep_code") or "")):
        found["rep"] = {"rep_id": rep}
    return found, refused


def _said(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    columns = standard({name: given[name]})
    if name == "address" and given.get("postcode") and not columns.get("postcode"):
        columns["postcode"] = str(given["postcode"])[:10]
    if columns[name] not in (None, ""):
        yield name, columns
    if name == "birth" and columns.get("birth_day") and not given.get("birth_year"):
        yield "birth_year", {"birth_year": columns["birth_day"].year}


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
    "name": ("name", "name_standard", "family_name", "given_name"),
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
