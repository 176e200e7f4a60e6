"""Loading reference lists the company brings itself."""

import os
from pathlib import Path

from dangol.base.errors import BadInput
from dangol.base.identifiers import token
from dangol.customers.standard import rules
from dangol.customers.standard.reads import areas_path
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

LARGEST_BYTES = 64 << 20
ENCODINGS = ("utf-8-sig", "cp949")


def load_legal_areas(*, by: Member, path: Path) -> dict[str, int]:
    """Keep the government's list of legal areas, against which addresses are checked from now on.

    path: the file as the Ministry of the Interior and Safety publishes it (법정동 코드 전체자료), CP949 or UTF-8: code,
    name, 존재 or 폐지, with tabs. Returns {live, abolished}. The list before stays until the new one is whole. Raises
    BadInput.
    """
    require(by, Right.SOURCES_LOAD)
    areas = rules.legal_areas(_text(path))
    target = areas_path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f"{token()}.draft")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(rules.as_lines(areas))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    live = sum(is_live for _code, is_live in areas.areas.values())
    note_access(by=by, verb="change", what="legal areas", count=len(areas.areas))
    return {"live": live, "abolished": len(areas.areas) - live}


def _text(path: Path) -> str:
    if not path.is_file():
        raise BadInput("There is no file {name}.", field="file", name=path.name)
    if path.stat().st_size > LARGEST_BYTES:
        raise BadInput("The file is too large to be a list of legal areas.", field="file")
    raw = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("The file is neither UTF-8 nor CP949. Save it again in one of them.", field="file")
