"""Legal areas: the government's list against which an address's province, district and dong are checked.

Source: legal area codes of the Ministry of the Interior and Safety (행정표준코드관리시스템): ten digits, name, whether
it still exists. The list is loaded by the user; nothing of it comes with the program.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dangol.base.errors import BadInput
from dangol.customers.standard.rules.addresses import Address, address

LIVE, ABOLISHED, UNKNOWN, UNCHECKED = "live", "abolished", "unknown", "unchecked"
_STATES = {"존재": True, "폐지": False}
LEAST_AREAS = 100
_CODE = re.compile(r"[0-9]{10}")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Finding:
    """What the list says of an address. status: live, abolished, unknown, or unchecked where no list is loaded.

    code: ten digits of the narrowest area found, of an abolished one too; empty for none.
    """

    status: str
    code: str = ""


@dataclass(frozen=True)
class LegalAreas:
    """The list: {(sido, sigungu, dong): (code, live)}; provinces: {(sigungu, dong): the only sido that has it}."""

    areas: Mapping[Key, tuple[str, bool]]
    provinces: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def check(self, found: Address) -> Finding:
        """Where an address lies by the list. A road address without its dong is checked down to its district.

        A missing province is found where only one place of that name exists.
        """
        sido = found.sido or self.provinces.get((found.sigungu, found.dong), "")
        for dong in _ways(found.dong) if found.dong else ("",):
            area = self.areas.get((sido, found.sigungu, dong))
            if area and (sido or found.sigungu):
                return Finding(LIVE if area[1] else ABOLISHED, area[0])
        return Finding(UNKNOWN)


def _ways(dong: str) -> Iterable[str]:
    """The dong as written and, of an administrative one (역삼1동), the legal one whose name it carries."""
    yield dong
    bare = "".join(character for character in dong if not character.isdigit())
    if bare != dong and dong.endswith("동") and bare != "동":
        yield bare


def legal_areas(text: str) -> LegalAreas:
    """The list out of the government's file (code, name, 존재 or 폐지, with tabs). Raises BadInput naming the line."""
    areas: dict[Key, tuple[str, bool]] = {}
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if not row or (number == 1 and row[0].strip() == "법정동코드"):
            continue
        if len(row) != 3 or not _CODE.fullmatch(row[0]) or row[2] not in _STATES:
            raise BadInput(
                "Line {line} is no legal area. Each line needs ten digits, a name and 존재 or 폐지, with tabs between.",
                field="file", line=number,
            )  # fmt: skip
        key = key_of(row[1])
        live = _STATES[row[2]]
        if key not in areas or (live and not areas[key][1]):
            areas[key] = (row[0], live)
    if len(areas) < LEAST_AREAS:
        raise BadInput("The file holds {count} areas only. Load the whole list.", field="file", count=len(areas))
    return _listed(areas)


def key_of(name: str) -> Key:
    """Province, district and dong of an area's full name, by the same rules as addresses."""
    found = address(name)
    return found.sido, found.sigungu, " ".join(part for part in (found.dong, found.building, found.detail) if part)


def as_lines(areas: LegalAreas) -> str:
    """The list as it is kept: one line an area, its name taken apart already."""
    rows = ("\t".join((code, "1" if live else "0", *key)) for key, (code, live) in areas.areas.items())
    return "".join(f"{row}\n" for row in rows)


def from_lines(text: str) -> LegalAreas:
    """The list from how it is kept."""
    rows = (line.split("\t") for line in text.splitlines())
    return _listed({(sido, sigungu, dong): (code, live == "1") for code, live, sido, sigungu, dong in rows})


def _listed(areas: dict[Key, tuple[str, bool]]) -> LegalAreas:
    provinces: dict[tuple[str, str], set[str]] = {}
    for sido, sigungu, dong in areas:
        provinces.setdefault((sigungu, dong), set()).add(sido)
    return LegalAreas(areas, {at: next(iter(names)) for at, names in provinces.items() if len(names) == 1 and at[0]})
