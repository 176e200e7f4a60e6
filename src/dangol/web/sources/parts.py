"""What the pages of this area share: the upload in the address, loads and reasons in words."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import NotFound
from dangol.customers.collect import reads
from dangol.customers.collect.rules import REASONS, RECORDS
from dangol.web.sentences import say

SALT = "dangol.sources.upload"
STATES = {  # state -> (badge, word)
    "waiting": ("info", _("waiting")),
    "running": ("info", _("running")),
    "done": ("ok", _("loaded")),
    "failed": ("bad", _("failed")),
    "cancelled": ("warn", _("cancelled")),
    "undone": ("warn", _("taken back")),
}
READERS = {
    "csv": _("CSV"),
    "excel": _("Excel"),
    "parquet": _("Parquet"),
    "sql": _("SQL"),
    "push": _("pushed rows"),
    "own": _("own events"),
}
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("vertical bar")}


@dataclass(frozen=True)
class Kept:
    """A file that was uploaded and waits; it travels in the address, signed."""

    upload: str
    name: str
    reader: str

    def signed(self) -> str:
        """The form for an address."""
        return signing.dumps([self.upload, self.name, self.reader], salt=SALT)


def kept(text: str) -> Kept:
    """The file an address names. Raises NotFound for a forged one."""
    try:
        return Kept(*signing.loads(text, salt=SALT))
    except signing.BadSignature:
        raise NotFound("The uploaded file is no longer there. Upload it again.") from None


def kind_label(kind: str) -> str:
    """A kind of record in the reader's language."""
    return gettext(RECORDS[kind].label)


def told(reason: str, label: str, params: dict[str, Any]) -> str:
    """Why a row was refused, as a sentence."""
    return say(REASONS[reason], {**params, "field": gettext(label) if label else ""})


def load_card(view: reads.LoadView) -> dict[str, Any]:
    """A load as pages show it."""
    badge, word = STATES[view.state]
    return {
        "view": view,
        "badge": badge,
        "word": word,
        "kind": kind_label(view.kind),
        "notes": [say(note["template"], note.get("params")) for note in view.notes],
        "error": say(view.error["template"], view.error.get("params")) if view.error else "",
    }


def group_row(group: reads.QuarantineGroup) -> dict[str, Any]:
    """A group of refused rows as pages show it."""
    sentence = told(group.reason, group.label, {"found": "…", "expected": "…", "length": "…", "limit": "…",
                                                "encoding": "…"})  # fmt: skip
    return {"group": group, "sentence": sentence, "kind": kind_label(group.kind)}
