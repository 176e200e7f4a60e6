"""Tables of any shape as one table of comparable parts: kinds proposed, values standardised, comparisons laid out."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.customers.identify.linkage.rules import comparing, kinds, values
from dangol.customers.identify.linkage.rules.comparing import Comparison
from dangol.customers.identify.linkage.rules.kinds import Kind, of_header

ROW, FILE = "row", "file"
LOOKED_AT = 200_000
MANY, FEW, OVERLAP_MANY, OVERLAP_FEW = 20, 4, 0.3, 0.6  # different values two columns share to be of one thing
UNSURE = frozenset({Kind.TEXT, Kind.CATEGORY})  # kinds that say of a column only that nothing is known
SHARED_LEAST, SHARED_SHARE, COMMON_WORD = 25, 0.0005, 0.01
ONE_OF_A_TABLE = frozenset({Kind.NAME, Kind.FAMILY, Kind.GIVEN, Kind.BIRTH, Kind.YEAR, Kind.GENDER, Kind.POSTCODE,
                            Kind.CITY, Kind.REGION})  # fmt: skip


@dataclass
class Prepared:
    """Records ready to be compared.

    records: row (int64), file (int32) and the parts of the fields as text. comparisons: what is asked. strong, weak:
    parts that make a block alone, and with another. same: parts that say one thing.
    """

    records: pa.Table
    comparisons: list[Comparison]
    strong: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    same: list[frozenset[str]] = field(default_factory=list)


def texts(table: pa.Table) -> pa.Table:
    """A table with all its columns as plain text, null where they say nothing."""
    return pa.table({name: _mapped(_as_text(table[name]), values.present) for name in table.column_names})


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32(), safe=False)
    if pa.types.is_floating(column.type):
        whole = pc.all(pc.equal(pc.floor(column), column)).as_py()
        column = column.cast(pa.int64(), safe=False) if whole else column
    found = column.cast(pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    found = pc.dictionary_encode(column)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _mapped(column: pa.Array, one: Callable[[str], str | None]) -> pa.Array:
    """A function over the distinct values of a text column."""
    encoded = _encoded(column)
    made = pa.array([one(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return made.take(encoded.indices)


def proposed(tables: Sequence[pa.Table], chosen: Mapping[str, str], key: str = "") -> list[dict[str, str]]:
    """For each table which header holds which field: {field: header}.

    tables: of text. chosen: field -> header as somebody wants it, "" to leave a field out. key: header of the rows'
    key, never compared. A field is a kind; where a table has several columns of one kind they are numbered (address2).
    Raises BadInput for a field that is none or a header that no table has.
    """
    for name, header in chosen.items():
        if not _kind_of(name):
            known = ", ".join(kind.value for kind in Kind if kind is not Kind.SKIP)
            raise BadInput("There is no field “{name}”. Use one of: {known}.", field="map", name=name, known=known)
        if header and not any(header in table.column_names for table in tables):
            raise BadInput("There is no column “{header}”. The file has: {known}.", field="map", header=header,
                           known=", ".join(tables[0].column_names))  # fmt: skip
    found = [_proposed_one(table, tables, chosen, key) for table in tables]
    for place in range(len(tables)):
        _by_overlap(place, tables, found, chosen, key)
    return found


def _by_overlap(
    place: int, tables: Sequence[pa.Table], found: list[dict[str, str]], chosen: Mapping[str, str], key: str
) -> None:
    """Give columns of a table nobody could name the field of another table's column that holds the same values.

    Such a column is of unknown words, or a number of its own a row; what another table calls the row's key is not
    taken for it.
    """
    table, mine = tables[place], found[place]
    for header in table.column_names:
        named = next((name for name, one in mine.items() if one == header), "")
        if header == key or named in chosen or (named and _kind_of(named) not in UNSURE) or _is_key(header):
            continue
        free = [
            (name, other[fields[name]])
            for other, fields in zip(tables, found, strict=True) if other is not table
            for name in fields
            if name not in mine and name not in chosen and (named or _kind_of(name) is Kind.CODE)
        ]  # fmt: skip
        field = next((name for name, column in free if _overlap(table[header], column)), "")
        if field:
            mine.pop(named, None)
            mine[field] = header


def _is_key(header: str) -> bool:
    return of_header(header) is Kind.SKIP


def _overlap(one: Any, other: Any) -> bool:
    """Whether two columns share enough of their different values to be of one thing."""
    left, right = (pc.unique(_mapped(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column,
                                     values.plain).drop_null()) for column in (one, other))  # fmt: skip
    least = min(len(left), len(right))
    share = (pc.sum(pc.is_in(left, value_set=right)).as_py() or 0) / max(least, 1)
    return share >= (OVERLAP_MANY if least >= MANY else OVERLAP_FEW) and least >= FEW


def _kind_of(name: str) -> Kind | None:
    bare = name.rstrip("0123456789")
    return next((kind for kind in Kind if kind.value == bare), None)


def _proposed_one(table: pa.Table, tables: Sequence[pa.Table], chosen: Mapping[str, str], key: str) -> dict[str, str]:
    used = {name: header for name, header in chosen.items() if header in table.column_names}
    for header in table.column_names:
        if header == key or header in used.values():
            continue
        kind = _kind(header, [one[header] for one in tables if header in one.column_names])
        if kind is Kind.GIVEN and "given" in used and of_header(header) is None:
            kind = Kind.FAMILY  # first names too, by their looks: of two columns of words the other half of the name
        if kind is Kind.SKIP or (kind in ONE_OF_A_TABLE and kind.value in used):
            continue
        name, number = kind.value, 2
        while name in used:
            name, number = f"{kind.value}{number}", number + 1
        if name not in chosen:
            used[name] = header
    rest = "" if {"name", "title", "given"} & set(chosen) else _rest_of(table, used)
    if rest:
        used["given"] = used.pop(rest)
    if "name" in used and "given" in used and "name" not in chosen:
        used.pop("name")
    if "birth" in used and "birth_year" not in chosen:
        used.pop("birth_year", None)
    return used


def _rest_of(table: pa.Table, used: Mapping[str, str]) -> str:
    """The field of a column of names that, beside one of family names, holds given names only: 이름 beside 성."""
    field = next((one for one in ("name", "title") if one in used and of_header(used[one]) is Kind.NAME), "")
    if not field or "family" not in used or "given" in used:
        return ""
    pairs = zip(table[used[field]].to_pylist()[: kinds.SAMPLE], table[used["family"]].to_pylist(), strict=False)
    said = [family.lower() in name.lower() for name, family in pairs if name and family]
    return field if said and sum(said) < len(said) / 2 else ""


def _kind(header: str, columns: Sequence[pa.Array]) -> Kind:
    column = pa.concat_arrays(
        [part for one in columns for part in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
    )
    column = column.drop_null()
    different = column.slice(0, LOOKED_AT).unique()
    step = max(1, len(different) // kinds.SAMPLE)
    sample = different.take(pa.array(range(0, len(different), step), pa.int64())).to_pylist()
    distinct = pc.count_distinct(column).as_py()
    return kinds.propose(header, sample, rows=len(column), distinct=distinct, filled=len(column))


def prepare(tables: Sequence[pa.Table], fields: Sequence[Mapping[str, str]]) -> Prepared:
    """Standardise the fields of the tables and lay out the comparisons. tables: of text; fields: see `proposed`."""
    names = list(dict.fromkeys(name for one in fields for name in one))
    stacked = {name: _stacked(name, tables, fields) for name in names}
    rows = sum(table.num_rows for table in tables)
    files = [number for number, table in enumerate(tables) for _ in range(table.num_rows)]
    made = _Made(rows)
    for name in names:
        _ADD[_kind_of(name) or Kind.TEXT](made, name, stacked[name])
    made.finish()
    base = {ROW: pa.array(range(rows), pa.int64()), FILE: pa.array(files, pa.int32())}
    return Prepared(pa.table(base | made.parts), made.comparisons, made.strong, made.weak, made.same)


def _stacked(name: str, tables: Sequence[pa.Table], fields: Sequence[Mapping[str, str]]) -> pa.Array:
    found: list[pa.Array] = []
    for table, used in zip(tables, fields, strict=True):
        column = table[used[name]] if name in used else pa.nulls(table.num_rows, pa.string())
        found += column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return pa.concat_arrays(found) if found else pa.array([], pa.string())


class _Made:
    """Parts and comparisons as they are gathered, field by field."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.parts: dict[str, pa.Array] = {}
        self.comparisons: list[Comparison] = []
        self.strong: list[str] = []
        self.weak: list[str] = []
        self.same: list[frozenset[str]] = []

    def split(self, prefix: str, column: pa.Array, parted: Callable[[str], values.Parts]) -> None:
        """Parts of a column under a prefix, each distinct value split once."""
        encoded = _encoded(column)
        rows = [parted(value) for value in encoded.dictionary.to_pylist()]
        for key in rows[0] if rows else ():
            made = pa.array([row[key] for row in rows], pa.string()).take(encoded.indices)
            self.parts[prefix + key] = made

    def unshared(self, *names: str) -> None:
        """Empty values that so many records have that they are placeholders (010-0000-0000)."""
        encoded = _encoded(self.parts[names[0]])
        counts = pc.value_counts(encoded.indices.drop_null())
        most = max(SHARED_LEAST, SHARED_SHARE * self.rows)
        often = counts.filter(pc.greater(counts.field("counts"), most)).field("values")
        if len(often):
            gone = pc.is_in(encoded.indices, value_set=often)
            for name in names:
                self.parts[name] = pc.if_else(gone, None, self.parts[name])

    def word_lists(self, prefix: str) -> None:
        """The words of a part as a list without those that so many have that they say nothing, and how many."""
        encoded = _encoded(self.parts[prefix])
        lists = [sorted(set(value.split())) for value in encoded.dictionary.to_pylist()]
        often = Counter(word for one in lists for word in one)
        most = max(4, len(lists) * COMMON_WORD)
        lists = [[word for word in one if often[word] <= most] or one for one in lists]
        self.parts[f"{prefix}words"] = pa.array(lists, pa.list_(pa.string())).take(encoded.indices)
        self.parts[f"{prefix}count"] = pa.array([len(one) for one in lists], pa.int32()).take(encoded.indices)

    def finish(self) -> None:
        """Comparisons that take several fields together."""
        there = self.parts
        if "birth" in there and "birth_year" in there:
            self.comparisons = [
                comparing.birth_year_alone(one) if one.name == "birth_year" else one for one in self.comparisons
            ]
        both = "f" in there and "g" in there
        names = [part for part in ("g", "f") if part in there]
        if names:
            made = ([comparing.given(both)] if "g" in there else []) + (
                [comparing.family(both)] if "f" in there else []
            )
            self.comparisons = made + self.comparisons
            for part in names:
                self.weak += [part, f"{part}start"]
                self.same.append(frozenset({part, f"{part}start", f"{part}bag"}))
        place = [there.get(name) is not None and name for name in ("postcode", "city", "region")]
        if any(place):
            self.comparisons.append(comparing.place(*(name or "" for name in place)))
            self.weak += [name for name in place[:2] if name]
            self.same.append(frozenset(name for name in place if name))


def _add_name(made: _Made, _name: str, column: pa.Array) -> None:
    made.split("", column, values.name)


def _add_part(parted: Callable[[str], values.Parts]) -> Callable[[_Made, str, pa.Array], None]:
    def add(made: _Made, _name: str, column: pa.Array) -> None:
        made.split("", column, parted)

    return add


def _add_phone(made: _Made, name: str, column: pa.Array) -> None:
    made.split(name, column, values.phone)
    made.unshared(name, f"{name}tail")
    made.comparisons.append(comparing.phone(name, name))
    made.strong.append(f"{name}tail")


def _add_email(made: _Made, name: str, column: pa.Array) -> None:
    made.split(name, column, values.email)
    made.unshared(name, f"{name}local")
    made.comparisons.append(comparing.email(name, name))
    made.strong.append(name)
    made.weak.append(f"{name}local")
    made.same.append(frozenset({name, f"{name}local"}))


def _add_birth(made: _Made, name: str, column: pa.Array) -> None:
    month_first = _month_first(column)
    made.split(name, column, lambda value: values.birth_parts(values.birth(value, month_first=month_first)))
    made.unshared(name, f"{name}swap", f"{name}year", f"{name}md") if made.rows < 20_000 else None
    made.comparisons.append(comparing.birth(name))
    made.weak += [name, f"{name}year", f"{name}md"]
    made.same.append(frozenset({name, f"{name}year"}))
    made.same.append(frozenset({name, f"{name}md"}))


def _month_first(column: pa.Array) -> bool:
    """Whether 3/4/1990 is meant as 4 March: no first number is above 12, and some second one is."""
    highest = [0, 0]
    for value in column.drop_null().unique().slice(0, LOOKED_AT).to_pylist():
        found = re.match(r"(\d{1,2})[-./\s]?(\d{2}|\d(?=[-./\s]))[-./\s]?(?:19|20)\d{2}\b", value)
        if found:
            highest = [max(highest[n], int(found[n + 1])) for n in (0, 1)]
    return highest[0] <= 12 < highest[1]


def _add_address(made: _Made, name: str, column: pa.Array) -> None:
    made.split(name, column, values.address)
    made.word_lists(name)
    made.comparisons.append(comparing.address(name, name))
    made.weak += [name, f"{name}house"]
    made.same.append(frozenset({name, f"{name}house"}))


def _add_title(made: _Made, name: str, column: pa.Array) -> None:
    made.parts[name] = _mapped(column, values.title)
    made.word_lists(name)
    made.parts[f"{name}start"] = _mapped(made.parts[name], lambda value: value.replace(" ", "")[:4])
    made.parts[f"{name}last"] = _mapped(made.parts[name], lambda value: value.split()[-1])
    made.comparisons.append(comparing.title(name, name))
    made.strong.append(name)
    made.weak += [f"{name}start", f"{name}last"]
    made.same.append(frozenset({name, f"{name}start"}))


def _add_simple(kind: Kind, compared: Callable[[str, str], Comparison] | None, *, strong: bool = False) -> Any:
    def add(made: _Made, name: str, column: pa.Array) -> None:
        made.parts[name] = _mapped(column, values.SIMPLE[kind.value])
        if kind is Kind.CODE:
            made.unshared(name)
        if compared is not None:
            made.comparisons.append(compared(name, name))
            (made.strong if strong else made.weak).append(name)

    return add


def _birth_year(column: str, _name: str) -> Comparison:
    return comparing.birth_year(column)


def _gender(column: str, name: str) -> Comparison:
    return comparing.category(column, name, "gender", comparing.N_("Gender"))


def _category(column: str, name: str) -> Comparison:
    return comparing.category(column, name, "category", comparing.N_("Category"))


_ADD: Mapping[Kind, Callable[[_Made, str, pa.Array], None]] = {
    Kind.NAME: _add_name,
    Kind.FAMILY: _add_part(values.family),
    Kind.GIVEN: _add_part(values.given),
    Kind.TITLE: _add_title,
    Kind.PHONE: _add_phone,
    Kind.EMAIL: _add_email,
    Kind.BIRTH: _add_birth,
    Kind.YEAR: _add_simple(Kind.YEAR, _birth_year),
    Kind.GENDER: _add_simple(Kind.GENDER, _gender),
    Kind.POSTCODE: _add_simple(Kind.POSTCODE, None),
    Kind.ADDRESS: _add_address,
    Kind.NUMBER: _add_simple(Kind.NUMBER, comparing.number),
    Kind.CITY: _add_simple(Kind.CITY, None),
    Kind.REGION: _add_simple(Kind.REGION, None),
    Kind.CODE: _add_simple(Kind.CODE, comparing.code, strong=True),
    Kind.CATEGORY: _add_simple(Kind.CATEGORY, _category),
    Kind.TEXT: _add_simple(Kind.TEXT, comparing.text),
}
