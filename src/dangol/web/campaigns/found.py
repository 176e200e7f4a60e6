"""The customers a finding speaks of, as they come to a draft with its address: shown first, kept when it goes on."""

import json
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from dangol.base.errors import BadInput, DangolError
from dangol.insight.segments import actions, reads
from dangol.insight.segments import rules as segments
from dangol.insight.segments.rules import Group
from dangol.web.segments import wording
from dangol.web.shell import Request, address

LONGEST_NAME, LONGEST_NOTE = 120, 300
EMPTY: tuple[Any, ...] = (None, "", 0, [], {})
KEPT = frozenset({"least", "most", "parts", "values"})


def definition(text: str) -> Group:
    """The definition an address carries. Raises BadInput, TooMuch."""
    try:
        return segments.from_dict(json.loads(text))
    except (ValueError, RecursionError):
        raise BadInput("This address names no customers. Go back to the report and try again.", field="who") from None


def written(root: Group) -> str:
    """A definition as an address carries it: without what is empty, as reading it makes that empty again."""
    return json.dumps(_lean(segments.to_dict(root)), ensure_ascii=False, separators=(",", ":"))


def _lean(given: Any) -> Any:
    """Plain values without empty ones; an empty `least` says that there is none, where leaving it out means one."""
    if isinstance(given, dict):
        return {name: _lean(one) for name, one in given.items() if name in KEPT or one not in EMPTY}
    return [_lean(one) for one in given] if isinstance(given, list) else given


def shown(request: Request, text: str) -> dict[str, Any]:
    """What the page says of them; nothing where the address carries none. Raises BadInput, TooMuch."""
    if not text:
        return {}
    root = definition(text)
    found: dict[str, Any] = {"definition": text, "sentence": wording.said(root), "counted": False}
    found["people_url"] = f"{address('analysis:people')}?{urlencode({'who': text})}"
    try:
        found["customers"] = reads.counts(request.user, root).total
    except DangolError:  # no cycle yet, a score that is not there, or it takes longer: the builder says so
        return found
    return found | {"counted": True}


def keep(request: Request, text: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a plan that aims at them: they are saved as a live segment. Raises BadInput, TooMuch."""
    name = (fields.get("name") or fields.get("why_from") or "").strip() or gettext("Customers of a finding")
    made = actions.create(
        by=request.user, name=name[:LONGEST_NAME], root=definition(text), note=fields.get("why", "")[:LONGEST_NOTE],
        keeps_draft=True,
    )  # fmt: skip
    return fields | {"built": [*fields.get("built", []), str(made.id)]}
