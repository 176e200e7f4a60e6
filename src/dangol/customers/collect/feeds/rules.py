"""What may come in by other ways than a file: limits, names of files, the shape of web events."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from dangol.base.errors import BadInput
from dangol.customers.standard.rules import without_resident_numbers


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


KIND_NAMES = {"postgresql": "PostgreSQL", "mysql": "MySQL / MariaDB", "sqlite": "SQLite"}
PORTS = {"postgresql": 5432, "mysql": 3306}
PUSH_ROWS = 10_000
PUSH_BYTES = 5 * 2**20
SETTLE_SECONDS = 5.0  # a file that has not changed for so long is taken to be written to its end
FILES_A_PULL = 200
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".swp")
DONE, FAILED = "done", "failed"
TAKING = N_("Taking in the files of the folder")
CREATED, UPDATED, UNCHANGED, QUARANTINED = "created", "updated", "unchanged", "quarantined"

EVENTS_A_CALL = 100
EVENT_BYTES = 32 * 2**10
CALLS_PER_MINUTE = 3_000
KEEP_EVENTS_DAYS = 30
OLDEST_DAYS = 400
PROPERTIES = (
    "product_id", "sku", "category", "name", "brand", "variant", "price", "quantity", "coupon", "position", "order_id",
    "revenue", "total", "discount", "currency", "list_id", "checkout_id", "cart_id", "promotion_id",
)  # fmt: skip
EVENT_TYPES = ("track", "page", "identify")
IDENTIFIED, PAGE_VIEWED = "Identified", "Page Viewed"
SYSTEM_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")


def is_finished(name: str) -> bool:
    """Whether a file's name says that it is whole: no hidden file and none that a program is still writing."""
    return not name.startswith((".", "~")) and not name.lower().endswith(UNFINISHED)


def cell(value: Any, path: str) -> str | None:
    """A value of a pushed row as text. Raises BadInput for what is no single value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    raise BadInput("Send one value here: a text, a number, true, false or null.", field=path)


@dataclass(frozen=True)
class Sender:
    """The site an event comes from, as far as its rules go. properties: names that are kept."""

    code: str
    properties: Sequence[str]


def event_row(event: Mapping[str, Any], sender: Sender, *, received: datetime) -> dict[str, Any]:
    """One event in the shape of the Segment spec as a row of the record `events`.

    Kept are who, what, when, on which path, by which campaign, and the properties the site names. Traits, addresses,
    queries of pages, the visitor's IP and browser are not: they are personal or may be. Raises BadInput with the field.
    Source: Segment's public Spec (Common Fields; Track, Page, Identify).
    """
    kind = event.get("type")
    if kind not in EVENT_TYPES:
        raise BadInput("The type of an event is one of: {types}.", field="/type", types=", ".join(EVENT_TYPES))
    user, visitor = _text(event, "userId", 120), _text(event, "anonymousId", 100)
    if not user and not visitor:
        raise BadInput("An event needs a userId or an anonymousId.", field="/userId")
    if kind == "identify" and not user:
        raise BadInput("Identify needs the userId.", field="/userId")
    message = _text(event, "messageId", 100)
    if not message:
        raise BadInput("An event needs a messageId of its own.", field="/messageId")
    properties = _mapping(event, "properties")
    context = _mapping(event, "context")
    row = {
        "event_key": message, "event": _named(event, kind), "customer_key": user, "visitor": visitor,
        "site": sender.code, "page": _path(context, properties),
        "campaign": str(_mapping(context, "campaign").get("name") or "")[:120],
        "happened_at": happened(event, received).isoformat(), "properties": _kept(properties, sender.properties),
    }  # fmt: skip
    return {name: without_resident_numbers(text) if name not in ("event_key", "happened_at") else text
            for name, text in row.items() if text}  # fmt: skip


def _named(event: Mapping[str, Any], kind: str) -> str:
    if kind == "identify":
        return IDENTIFIED
    name = _text(event, "event" if kind == "track" else "name", 100)
    if kind == "track" and not name:
        raise BadInput("Track needs the name of the event.", field="/event")
    return name if kind == "track" else PAGE_VIEWED


def _text(event: Mapping[str, Any], name: str, longest: int) -> str:
    value = event.get(name)
    if value is None:
        return ""
    if not isinstance(value, (str, int)) or isinstance(value, bool) or len(str(value)) > longest:
        raise BadInput("{name} is a text of at most {longest} characters.", field=f"/{name}", name=name,
                       longest=longest)  # fmt: skip
    return str(value).strip()


def _mapping(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput("{name} is an object.", field=f"/{name}", name=name)
    return value


def _path(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    """The page's path alone: queries and fragments carry names, addresses and keys."""
    page = _mapping(context, "page")
    given = str(page.get("path") or properties.get("path") or page.get("url") or properties.get("url") or "")
    try:
        return urlsplit(given).path[:300]
    except ValueError:
        return ""


def _kept(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    kept = {name: properties[name] for name in sorted(names) if isinstance(properties.get(name), (str, int, float))}
    kept = {name: value[:200] if isinstance(value, str) else value for name, value in kept.items()}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""
    return text if len(text) <= 2000 else ""


def happened(event: Mapping[str, Any], received: datetime) -> datetime:
    """When an event was done: by the server's clock, the visitor's clock giving only the distance to its sending.

    Source: Segment Spec, Common Fields, timestamp = receivedAt - (sentAt - originalTimestamp). Never after `received`.
    """
    original = _moment(event.get("originalTimestamp") or event.get("timestamp"))
    sent = _moment(event.get("sentAt"))
    if original is None:
        return received
    moment = received - (sent - original) if sent is not None else original
    if moment > received or moment < received - timedelta(days=OLDEST_DAYS):
        return received
    return moment


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def flat(body: Any) -> list[dict[str, Any]]:
    """The events of a call: one, or those of a batch with what they share. Raises BadInput."""
    if not isinstance(body, dict):
        raise BadInput("Send one event, or an object with a batch of them.", field="/")
    events = body.get("batch", [body])
    if not isinstance(events, list) or not events or not all(isinstance(one, dict) for one in events):
        raise BadInput("A batch is a list of events.", field="/batch")
    if len(events) > EVENTS_A_CALL:
        raise BadInput("Send at most {limit} events at once.", field="/batch", limit=EVENTS_A_CALL)
    shared = {name: body[name] for name in ("sentAt", "context") if name in body}
    return [{**shared, **one} for one in events]
