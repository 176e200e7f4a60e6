"""Template tags and filters every page may use; built in, no `load` needed."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from dangol.base.money import currency, show
from dangol.base.text import short_number
from dangol.web.icons import ICONS
from dangol.web.sentences import say

register = template.Library()

NONE = "–"
BADGES = {  # kind -> (css, icon, text)
    "generated": ("generated", "spark", gettext_noop("generated")),
    "ok": ("ok", "check", gettext_noop("OK")),
    "warn": ("warn", "alert", gettext_noop("attention")),
    "bad": ("bad", "close", gettext_noop("failed")),
    "info": ("info", "info", gettext_noop("note")),
    "draft": ("", "edit", gettext_noop("draft")),
    "new": ("accent", "spark", gettext_noop("new")),
}
STATES = {  # name -> (icon, usual title)
    "empty": ("inbox", gettext_noop("Nothing here yet")),
    "cleared": ("check", gettext_noop("All done")),
    "nothing": ("search", gettext_noop("Nothing matches")),
    "forbidden": ("lock", gettext_noop("Your role does not show this")),
    "error": ("alert", gettext_noop("This could not be loaded")),
    "loading": ("refresh", gettext_noop("Loading…")),
    "stale": ("clock", gettext_noop("These figures are not the newest")),
}


def _nothing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _language() -> str:
    return (get_language() or settings.LANGUAGE_CODE)[:2]


@register.filter
def number(value: Any, digits: int = 0) -> str:
    """1234567 as 1,234,567; a dash for nothing."""
    return NONE if _nothing(value) else f"{Decimal(str(value)):,.{digits}f}".replace("-", "−")


@register.filter
def short(value: Any) -> SafeString | str:
    """A count short enough for a tile (1.2만, 12.3K), the exact one on hover."""
    if _nothing(value):
        return NONE
    brief = short_number(float(value), _language())
    return brief if brief == number(value) else format_html('<span title="{}">{}</span>', number(value), brief)


@register.filter
def money(minor: Any) -> str:
    """Minor units in the company's currency: 123450 as $1,234.50."""
    if _nothing(minor):
        return NONE
    return show(int(minor), currency(settings.DANGOL.currency)).replace("-", "−")


@register.filter
def money_short(minor: Any) -> SafeString | str:
    """An amount short enough for a tile ($1.2M, ₩3.4억), the exact one on hover; below 1,000 it is exact ($0.03)."""
    if _nothing(minor):
        return NONE
    unit = currency(settings.DANGOL.currency)
    major = int(minor) / 10**unit.digits
    if abs(major) < 1000:
        return money(minor)
    sign = "−" if major < 0 else ""
    return format_html(
        '<span title="{}">{}{}{}</span>', money(minor), sign, unit.sign, short_number(abs(major), _language())
    )


@register.filter
def percent(share: Any, digits: int = 0) -> str:
    """A share 0..1 as a percentage: 0.1234|percent:1 is 12.3%."""
    return NONE if _nothing(share) else f"{float(share) * 100:,.{digits}f}%".replace("-", "−")


@register.filter
def change(share: Any, digits: int = 1) -> SafeString | str:
    """A change as a signed percentage with an arrow: 0.05 is ▲ 5.0%."""
    if _nothing(share):
        return NONE
    arrow, css = ("▲", "up") if share > 0 else ("▼", "down") if share < 0 else ("", "muted")
    return format_html('<span class="{}">{} {}</span>', css, arrow, percent(abs(share), digits))


@register.filter
def points(difference: Any, digits: int = 1) -> SafeString | str:
    """A difference of two shares in percentage points with an arrow: 0.05 is ▲ 5.0%p, in English ▲ 5.0 pp."""
    if _nothing(difference):
        return NONE
    arrow, css = ("▲", "up") if difference > 0 else ("▼", "down") if difference < 0 else ("", "muted")
    unit = "%p" if _language() == "ko" else " pp"
    return format_html(
        '<span class="{}">{} {}{}</span>', css, arrow, f"{abs(float(difference)) * 100:,.{digits}f}", unit
    )


@register.filter
def day(value: Any) -> str:
    """A date: 2026년 11월 22일, 22 Nov 2026. A moment is cut to the company's day."""
    if _nothing(value):
        return NONE
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        value = value.astimezone(settings.DANGOL.zone).date() if value.tzinfo else value.date()
    return f"{value.year}년 {value.month}월 {value.day}일" if _language() == "ko" else date_format(value, "j M Y")


@register.filter
def month(value: Any) -> str:
    """A month: 2026년 11월, Nov 2026."""
    if _nothing(value):
        return NONE
    return f"{value.year}년 {value.month}월" if _language() == "ko" else date_format(value, "M Y")


@register.filter
def moment(value: Any) -> str:
    """A moment in the company's time zone: 2026년 11월 22일 14:03, 22 Nov 2026, 14:03."""
    if _nothing(value):
        return NONE
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(settings.DANGOL.zone)
    return f"{day(local)}{' ' if _language() == 'ko' else ', '}{local:%H:%M}"


@register.filter
def duration(seconds: Any) -> str:
    """A number of seconds as people say it: 45 s, 3 min, 2 h."""
    if _nothing(seconds):
        return NONE
    seconds = max(0, round(float(seconds)))
    if seconds < 60:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if seconds < 5400:
        minutes = round(seconds / 60)
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = round(seconds / 3600)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


@register.filter
def said(template_text: Any, params: Any = None) -> str:
    """A stored sentence template in the reader's language; with its values where there are any."""
    return say(str(template_text), params if isinstance(params, dict) else None) if template_text else ""


ARTICLE = re.compile(r"(Decree )?(\d+)(?:-(\d+))?(?:\((\d+)\))?(\(\w\))?(?: nos?\. ([\d and]+))?")


@register.filter
def article(cited: str) -> str:
    """Articles of a law as the language cites them: "37-2(1), Decree 44-3" is 제37조의2제1항, 시행령 제44조의3."""
    if _language() != "ko":
        return cited

    def korean(found: re.Match[str]) -> str:
        decree, number, branch, clause, letter, items = found.groups()
        return "".join((
            "시행령 " if decree else "", f"제{number}조", f"의{branch}" if branch else "",
            f"제{clause}항" if clause else "", letter or "",
            "·".join(f"제{one}호" for one in items.split(" and ")) if items else "",
        ))  # fmt: skip

    return ARTICLE.sub(korean, cited)


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key, "") if mapping else ""


SHOW: dict[str, Any] = {
    "number": number, "short": short, "money": money, "percent": lambda value: percent(value, 1), "day": day,
    "month": month, "moment": moment, "change": change, "duration": duration,
}  # fmt: skip
NUMERIC = frozenset({"number", "short", "money", "percent", "change", "duration"})


@register.filter
def shown(value: Any, kind: str = "text") -> Any:
    """A value as its kind is shown: number, short, money, percent, day, month, moment, change, duration, text."""
    if kind in SHOW:
        return SHOW[kind](value)
    return NONE if _nothing(value) else value


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon; decorative unless it has a label."""
    drawing = ICONS[name]
    if label:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}"><path d="{}"/></svg>', label, drawing
        )
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', drawing)


@register.simple_tag
def badge(kind: str, text: str = "", mark: bool = False) -> SafeString:
    """A badge: generated, ok, warn, bad, info, draft, new, or plain; text replaces the usual word.

    mark=True shows the icon alone (in rows of a table); the word is read out and shown on hover.
    """
    css, picture, usual = BADGES.get(kind, ("", "", kind))
    if mark and picture:
        return format_html(
            '<span class="badge badge-{0} badge-mark" title="{1}">{2}<span class="only-read">{1}</span></span>',
            css, text or gettext(usual), icon(picture),
        )  # fmt: skip
    return format_html(
        '<span class="badge{}">{}{}</span>',
        f" badge-{css}" if css else "",
        icon(picture) if picture else "",
        text or gettext(usual),
    )


@register.inclusion_tag("kit/state.html", takes_context=True)
def state(  # noqa: PLR0917  called with names from templates
    context: template.Context,
    name: str,
    title: str = "",
    text: str = "",
    action_url: str = "",
    action_label: str = "",
    level: int = 2,
) -> dict[str, Any]:
    """One of the seven states of a page or part: empty, cleared, nothing, forbidden, error, loading, stale.

    What leads to an area the reader may not enter is left out; they are told whom to ask.
    """
    from dangol.web.shell import open_to

    picture, usual = STATES[name]
    closed = bool(action_url) and not open_to(getattr(context.get("request"), "user", None), action_url)
    return {
        "closed": closed,
        "name": name, "icon": picture, "title": title or gettext(usual), "text": text, "action_url": action_url,
        "action_label": action_label, "level": level,
    }  # fmt: skip


@register.inclusion_tag("kit/job.html", takes_context=True)
def job(context: template.Context, view: Any, url: str = "", done_url: str = "", poll: bool = True) -> dict[str, Any]:
    """A long job: how far it is, time left, cancel; asks again every second while it runs.

    view: JobView of work.reads.job. url: address that answers with this fragment (default: the shared one, which
    keeps done_url); done_url: where to go when it is done. poll=False shows it as it stands.
    """
    from dangol.web.shell import address

    total, done = view.total or 0, view.done or 0
    failed = view.error if isinstance(view.error, dict) else {}
    return {
        "csrf_token": context.get("csrf_token", ""),
        "job": view,
        "over": view.state not in ("queued", "running"),
        "share": done / total if total else None,
        "url": (url or address("home:job", view.id) + ("?" + urlencode({"done": done_url}) if done_url else ""))
        if poll
        else "",
        "cancel_url": address("home:cancel_job", view.id),
        "done_url": done_url,
        "failed": say(failed.get("template", ""), failed.get("params")) if failed else "",
    }


@register.inclusion_tag("kit/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, Any]:
    """A form field with its label, help and error."""
    widget = bound.field.widget
    described = [f"{bound.auto_id}_helptext"] if bound.help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    return {
        "field": bound,
        "label": label or bound.label,
        "widget": bound.as_widget(attrs=attrs),
        "group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "check": isinstance(widget, CheckboxInput),
        "optional": not bound.field.required and not isinstance(widget, CheckboxInput) and type(widget) is not Select,
    }


@register.inclusion_tag("kit/errors.html")
def form_errors(form: Any, focus: bool = True) -> dict[str, Any]:
    """The summary above a form that was not accepted: every error, linked to its field."""
    return {"form": form, "focus": focus, "fields": [bound for bound in form if bound.errors] if form.is_bound else []}


@register.inclusion_tag("kit/chart.html")
def chart(  # noqa: PLR0917  called with names from templates
    id: str,
    spec: Mapping[str, Any],
    table: Sequence[Mapping[str, Any]] = (),
    caption: str = "",
    columns: Sequence[tuple[str, str, str]] = (),
    label: str = "",
) -> dict[str, Any]:
    """A Vega-Lite chart with the sentence it says and a table of its data.

    spec: Vega-Lite; without data of its own it draws the rows of `table`. columns: (key, heading, kind) of the table
    below; without them, the fields of the spec with their titles. Colours, fonts and number forms come from chart.js.
    """
    rows = [dict(row) for row in table]
    whole = dict(spec)
    if "data" not in whole:
        whole["data"] = {"values": rows}
    heads = list(columns) or _headings(whole, rows)
    cells = [[(row.get(key), kind, kind in NUMERIC) for key, _label, kind in heads] for row in rows]
    return {
        "id": id, "spec": _script(whole), "caption": caption, "label": label or caption, "rows": cells,
        "heads": [(name, kind in NUMERIC) for _key, name, kind in heads],
    }  # fmt: skip


def _script(value: Any) -> SafeString:
    """JSON that cannot leave its <script> element."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return mark_safe(text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026"))  # noqa: S308


def _plain(value: Any) -> Any:
    return (
        value.isoformat()
        if isinstance(value, date | datetime)
        else float(value)
        if isinstance(value, Decimal)
        else str(value)
    )


def _headings(spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(key, heading, kind) for every column, from the titles the spec gives its fields."""
    titles = _titles(spec)
    return [(key, titles.get(key, key), _kind(value)) for key, value in (rows[0].items() if rows else ())]


def _titles(node: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(node, Mapping):
        if isinstance(node.get("field"), str) and isinstance(node.get("title"), str):
            found[node["field"]] = node["title"]
        for value in node.values():
            found = _titles(value) | found
    elif isinstance(node, list):
        for value in node:
            found = _titles(value) | found
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "text"
    if isinstance(value, datetime):
        return "moment"
    if isinstance(value, date):
        return "day"
    return "number" if isinstance(value, int | float | Decimal) else "text"
