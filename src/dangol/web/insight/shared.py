"""What the pages of RFM segments share: days of the address, shades, flows with names, how customers are scored."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from dangol.base.errors import BadInput
from dangol.insight.score import reads
from dangol.insight.score.reads import Flow
from dangol.web.insight.channel import switch
from dangol.web.shell import Request, address

HEAT_STEPS = 6


def heat(part: float | None, whole: float | None) -> int:
    """How strongly a cell is shaded: 0 (nobody) to HEAT_STEPS."""
    return min(HEAT_STEPS, 1 + int(HEAT_STEPS * part / whole)) if part and whole else 0


def known_day(text: str, default: date | None = None) -> date:
    """A day from the address, the default where nothing is said. Raises BadInput."""
    try:
        return default if default and not text else date.fromisoformat(text)
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-10-31.", field="as_of", text=text) from None


def nothing_yet(request: Request, template: str, channel: str = "") -> HttpResponse:
    """What a page of this area shows before the first scoring (by a channel's scheme)."""
    return render(request, template, {"nothing": True, "sources_url": address("sources:list"),
                                      **switch(request, channel)})  # fmt: skip


@dataclass(frozen=True)
class FlowRow:
    """A flow with the names of its ends and its share of all flows beside it."""

    flow: Flow
    before: str
    after: str
    share: float | None
    heat: int = 0


def definition(channel: str) -> dict[str, Any]:
    """The scheme the shown scores were made with, for insight/definition.html."""
    by = reads.scored_by(channel)
    cut_on = next((one.cut_on for one in reads.scheme_versions(channel) if one.scheme.version == by.version), None)
    return {
        "scheme": by,
        "scheme_scored": reads.scheme(channel).scored,
        "cut_on": cut_on,
        "axes": by.axes,
        "high": by.high,
    }
