"""What the pages of this area share: the upload in the address, loads, reasons and proposals in words."""

import re
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import NotFound
from dangol.customers.collect import reads
from dangol.customers.collect.cleaning import VERBS
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
    "undoing": ("info", _("being taken back")),
    "redoing": ("info", _("being brought back")),
}
READERS = {
    "csv": _("CSV"),
    "excel": _("Excel"),
    "parquet": _("Parquet"),
    "sql": _("SQL"),
    "push": _("pushed rows"),
    "own": _("own events"),
}
LEVELS = {"sure": ("ok", _("sure")), "likely": ("info", _("likely")), "unsure": ("warn", _("unsure"))}
BLANK = dict.fromkeys(("found", "expected", "length", "limit", "encoding"), "…")


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
        "notes": notes(view.kind, view.notes),
        "error": say(view.error["template"], view.error.get("params")) if view.error else "",
    }


def notes(kind: str, found: list[dict[str, Any]]) -> list[str]:
    """What is to be said about a file: fields by their labels, numbers with separators."""
    from dangol.web.templatetags.dangol import number

    return [
        say(note["template"], {
            name: gettext(reads.label_of(kind, value)) if name == "field" else number(value)
            if isinstance(value, int) else value
            for name, value in (note.get("params") or {}).items()
        })
        for note in found
    ]  # fmt: skip


def group_row(group: reads.QuarantineGroup) -> dict[str, Any]:
    """A group of refused rows as pages show it."""
    return {"group": group, "sentence": told(group.reason, group.label, BLANK), "kind": kind_label(group.kind)}


def initial(source: reads.SourceView) -> dict[str, Any]:
    """What the mapping form shows of a source."""
    from dangol.web.sources.forms import OVERWRITE, VALUES

    overwrite = source.options.get(OVERWRITE, "")
    return {
        "code": source.code, "name": source.name, "system": source.system, "key": source.key,
        OVERWRITE: overwrite.split(",") if overwrite else [], "unfit": "keep",
        **{name: source.options[name] for name in VALUES if name in source.options},
    }  # fmt: skip


def free_code(kind: str, file_name: str) -> str:
    """A code for a new source: the file's name where it is plain, else the kind."""
    word = re.sub(r"[^a-z0-9]+", "-", file_name.rsplit(".", 1)[0].casefold()).strip("-")[:40]
    return word if re.search(r"[a-z]{3}", word) else kind


def proposals(shown: reads.Preview) -> dict[str, dict[str, Any]]:
    """What was proposed per field: why, how surely, and some values."""
    return {
        name: {"badge": LEVELS[one.level][0], "word": LEVELS[one.level][1], "why": gettext(one.why),
               "samples": one.samples, "share": one.confidence}
        for name, one in shown.proposals.items()
    }  # fmt: skip


def steps(source: reads.SourceView) -> list[dict[str, str]]:
    """The corrections a source makes in every file, in words."""
    words = {verb: gettext(label) for verb, label in VERBS.items()}
    return [{**step, "words": words[step["verb"]]} for step in source.cleaning]
