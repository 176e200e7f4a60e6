"""Finds people by phone, e-mail, name and birth or an attribute where a file has no customer number.

Memory: 24 bytes for every person of the key space, whatever the file's size.
"""

import re
from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dangol.customers.collect import keys, people
from dangol.customers.collect.models import Person
from dangol.customers.collect.rules import Definition
from dangol.customers.standard import rules as standard

PAGE = 10_000


def comparable(name: str, value: Any) -> str:
    """A value as it is compared: in its standard form, texts without case and spaces."""
    text = str(value)
    if name == "phone":
        return standard.phone_glance(text) or standard.phone(text).e164 or re.sub(r"\D", "", text)
    if name == "email":
        return standard.email(text) or text.strip().casefold()
    if name == "name":
        return standard.person_name(text).key or re.sub(r"\s+", "", text).casefold()
    return re.sub(r"\s+", "", text).casefold()


class Matcher:
    """The people of a source's key space by the values of some fields."""

    def __init__(self, definition: Definition) -> None:
        self.names = definition.match_by.split("+")
        self.space = definition.system
        values, owners, rows = array("Q"), array("Q"), array("q")
        found = Person.objects.filter(source__system=definition.system, newest=True)
        for pk, key, fields in found.values_list("pk", people.KEY, "fields").iterator(chunk_size=PAGE):
            value = self._value(fields)
            if value:
                values.append(int(keys.seed(value)))
                owners.append(int(keys.seed(key)))
                rows.append(pk)
        self._index(np.array(values, np.uint64), np.array(owners, np.uint64), np.array(rows, np.int64))

    def _index(self, values: keys.Hashes, owners: keys.Hashes, rows: npt.NDArray[np.int64]) -> None:
        order = np.lexsort((owners, values))
        values, owners, rows = values[order], owners[order], rows[order]
        first = np.ones(len(values), bool)
        first[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
        values, rows = values[first], rows[first]
        self.values, places, self.counts = np.unique(values, return_index=True, return_counts=True)
        self.rows = rows[places]

    def _value(self, fields: Mapping[str, Any]) -> str:
        """The fields' values in one text; nothing unless all are there."""
        given = [comparable(name, fields[name]) if fields.get(name) is not None else "" for name in self.names]
        return "\x1f".join([self.space, *given]) if all(given) else ""

    def find(self, columns: Mapping[str, pa.Array], good: npt.NDArray[np.int64]) -> tuple[list[str | None], list[str]]:
        """Keys of rows: that of the person found, or a new one made of the values. good: places of the rows asked for.

        Returns the keys, and per row why there is none: "no_match_value", "ambiguous_match" or nothing.
        """
        wanted = pa.table({name: columns[name] for name in self.names if name in columns}).take(pa.array(good))
        texts = [self._value({name: people.plain(value) for name, value in row.items()}) for row in wanted.to_pylist()]
        hashes = np.array([int(keys.seed(text)) for text in texts], np.uint64)
        places = np.minimum(np.searchsorted(self.values, hashes), max(len(self.values) - 1, 0))
        known = self.values[places] == hashes if len(self.values) else np.zeros(len(hashes), bool)
        owners = self._owners({int(self.rows[place]) for place in places[known]} if len(self.values) else set())
        found: list[str | None] = []
        why: list[str] = []
        for text, value, place, is_known in zip(texts, hashes, places, known, strict=True):
            several = bool(is_known and self.counts[place] > 1)
            why.append("" if text and not several else "ambiguous_match" if text else "no_match_value")
            new = f"{'-'.join(self.names).replace('attr:', '')[:40]}-{int(value):016x}"
            found.append(None if why[-1] else owners[int(self.rows[place])] if is_known else new)
        return found, why

    def _owners(self, rows: set[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        chosen = sorted(rows)
        for start in range(0, len(chosen), people.CHUNK):
            part = chosen[start : start + people.CHUNK]
            found.update(Person.objects.filter(pk__in=part).values_list("pk", people.KEY))
        return found
