"""Standard forms of whole columns, and the list of legal areas if one is loaded."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from dangol.base.errors import BadInput
from dangol.customers.standard import rules
from dangol.customers.standard.rules import Address, Finding, LegalAreas

AREAS_FILE = "legal-areas.tsv"
ADDRESS_PARTS = (
    "standard",
    "sido",
    "sigungu",
    "dong",
    "road",
    "building_no",
    "lot_no",
    "building",
    "detail",
    "postcode",
)


def columns(table: pa.Table, fields: Mapping[str, str], *, today: date | None = None) -> pa.Table:
    """A table with the standard columns of its fields appended; every distinct text is read once.

    fields: {name, phone, email, address, birth or gender: column}. Appended for a field: name_standard, name_family,
    name_first, name_key, name_kind · phone_e164, phone_tail, phone_kind · email_standard · address_standard,
    address_sido, _sigungu, _dong, _road, _building_no, _lot_no, _building, _detail, _postcode · birth_day (date32),
    birth_year (int16), birth_lunar · gender_standard. Texts are \"\" where nothing is known, days and years null; a
    column that has such a name already is replaced. today: as in rules.birth. Raises BadInput for an unknown field.
    """
    for name, column in fields.items():
        if name not in READERS:
            raise BadInput("There is no standard form of “{name}”.", field=name, name=name)
        if column not in table.column_names:
            raise BadInput("The table has no column “{column}”.", field=name, column=column)
    for name, column in fields.items():
        for label, values in _standard(name, table.column(column), today).items():
            where = table.schema.get_field_index(label)
            table = table.append_column(label, values) if where < 0 else table.set_column(where, label, values)
    return table


def _standard(name: str, column: pa.ChunkedArray, today: date | None) -> dict[str, pa.Array]:
    texts = column.cast(pa.string()).fill_null("").combine_chunks()
    encoded = (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()
    types, read = READERS[name]
    rows = [read(text, today) for text in encoded.dictionary.to_pylist()]
    parts: Any = zip(*rows, strict=True) if rows else [[] for _ in types]
    return {
        f"{name}_{part}": pa.array(values, kind).take(encoded.indices)
        for (part, kind), values in zip(types.items(), parts, strict=True)
    }


def _name(text: str, today: date | None) -> tuple[Any, ...]:
    found = rules.person_name(text)
    return found.standard, found.family, found.first, found.key, found.kind


def _phone(text: str, today: date | None) -> tuple[Any, ...]:
    seen = rules.phone_glance(text)
    if seen:
        return seen, seen[-rules.TAIL_DIGITS :], rules.kind_of(seen[3:])
    found = rules.phone(text)
    return found.e164, found.tail, found.kind


def _email(text: str, today: date | None) -> tuple[Any, ...]:
    return (rules.email(text),)


def _address(text: str, today: date | None) -> tuple[Any, ...]:
    seen = rules.glance(text)
    if seen:
        return (*seen, "")
    found = rules.address(text)
    return tuple(getattr(found, part) for part in ADDRESS_PARTS)


def _birth(text: str, today: date | None) -> tuple[Any, ...]:
    found = rules.birth(text, today=today)
    return found.day, found.year, found.lunar


def _gender(text: str, today: date | None) -> tuple[Any, ...]:
    return (rules.gender(text),)


Reader = Callable[[str, date | None], tuple[Any, ...]]
_TEXT = pa.string()
READERS: dict[str, tuple[dict[str, pa.DataType], Reader]] = {
    "name": (dict.fromkeys(("standard", "family", "first", "key", "kind"), _TEXT), _name),
    "phone": (dict.fromkeys(("e164", "tail", "kind"), _TEXT), _phone),
    "email": ({"standard": _TEXT}, _email),
    "address": (dict.fromkeys(ADDRESS_PARTS, _TEXT), _address),
    "birth": ({"day": pa.date32(), "year": pa.int16(), "lunar": pa.bool_()}, _birth),
    "gender": ({"standard": _TEXT}, _gender),
}


def areas_path() -> Path:
    """Where the loaded list of legal areas lies."""
    return Path(settings.DANGOL.home) / "reference" / AREAS_FILE


def legal_areas() -> LegalAreas | None:
    """The list of legal areas, or None where none is loaded."""
    try:
        changed = areas_path().stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _kept(areas_path(), changed)


@lru_cache(maxsize=1)
def _kept(path: Path, changed: int) -> LegalAreas:
    return rules.from_lines(path.read_text("utf-8"))


def checked(found: Address) -> Finding:
    """Whether an address lies in a legal area that exists; status unchecked where no list is loaded."""
    areas = legal_areas()
    return areas.check(found) if areas else Finding(rules.UNCHECKED)
