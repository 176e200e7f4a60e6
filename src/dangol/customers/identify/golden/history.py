"""One customer's whole history: what sources said and when, edits, merges, loads taken back, words of consent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from dangol.customers.collect import reads as collect_reads
from dangol.customers.consent import reads as consent
from dangol.customers.identify.golden import fields
from dangol.customers.identify.models import Customer, Merge, SourceKey
from dangol.customers.identify.reads.one import changes, family, visible
from dangol.customers.identify.rules import mask
from dangol.staff.reads import Member, scope_of, within

KINDS = ("said", "golden", "hand", "merge", "consent")
MOST = 500


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


KIND_NAMES = {
    "said": N_("Said by sources"), "golden": N_("Golden values"), "hand": N_("By hand"), "merge": N_("Merges"),
    "consent": N_("Consent"),
}  # fmt: skip
CAUSES = {
    "load": N_("a load"), "undo": N_("a load that was taken back"), "merge": N_("a merge"),
    "part": N_("a merge that was taken back"), "rules": N_("the rules for golden values"), "hand": N_("a member"),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry. title: a sentence template with {names} of params; values: {field: value}, masked.

    by: member; load: number of the load; off: it counts no more (undone, taken back, released).
    """

    kind: str
    at: datetime
    title: str
    params: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    load: int = 0
    note: str = ""
    off: bool = False


def of(by: Member, customer_id: int, *, kind: str = "") -> Sequence[Entry]:
    """A customer's history, newest first, at most MOST entries. Raises NotFound for a foreign one."""
    whole = visible(by, customer_id)
    mine = family(whole.pk)
    found = [one for one in _everything(by, mine) if not kind or one.kind == kind]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def _everything(by: Member, mine: Sequence[int]) -> Iterator[Entry]:
    yield from _said(mine)
    yield from _changed(mine)
    yield from _merged(by, mine)
    for one in mine:
        yield from _consented(one)


def _said(mine: Sequence[int]) -> Iterator[Entry]:
    """Every version of every source, with what is new in it against the version before of the same key."""
    keys = set(SourceKey.objects.filter(customer_id__in=list(mine)).values_list("source", "key"))
    before: dict[tuple[str, str], dict[str, str]] = {}
    for row in collect_reads.versions(keys, live=False):
        who = (row["source_code"], row["source_key"])
        values = {name: str(row[name]) for name in fields.TEXTS if row.get(name) not in (None, "")}
        earlier = before.get(who)
        fresh = {name: value for name, value in values.items() if (earlier or {}).get(name) != value}
        before[who] = (earlier or {}) | values
        title = N_("{source} says of {key}") if earlier is None else N_("{source} says anew of {key}")
        yield Entry(
            "said", row["at"], title, {"source": who[0], "key": who[1]},
            values={name: mask(name, value) for name, value in fresh.items()}, load=row["load"], off=not row["live"],
        )  # fmt: skip


def _changed(mine: Sequence[int]) -> Iterator[Entry]:
    for row in changes(*mine):
        hand = row["cause"] == "hand" and bool(row["member"])
        title = N_("{field}: “{before}” became “{after}”")
        yield Entry(
            "hand" if hand else "golden", row["at"], title,
            {"field": row["field"], "before": row["before"] or "–", "after": row["after"] or "–"},
            by=row["member"], note="" if hand else CAUSES.get(row["cause"], ""),
            off=row["undone_at"] is not None or row["released_at"] is not None,
        )  # fmt: skip


def _merged(by: Member, mine: Sequence[int]) -> Iterator[Entry]:
    """Merges of this customer; of those taken back only where the reader may see the other one as well."""
    rows = Merge.objects.filter(Q(kept_id__in=mine) | Q(gone_id__in=mine))
    others = {one for row in rows for one in (row.kept_id, row.gone_id)} - set(mine)
    seen = Customer.objects.filter(within(scope_of(by)), pk__in=others).values_list("pk", flat=True)
    allowed = {*mine, *seen}
    for row in rows.select_related("by", "parted_by", "gone", "kept"):
        if not {row.kept_id, row.gone_id} <= allowed:
            continue
        params = {"gone": row.gone.code, "kept": row.kept.code}
        yield Entry("merge", row.at, N_("{gone} became part of {kept}"), params, by=row.by.name, note=row.note,
                    off=row.parted_at is not None)  # fmt: skip
        if row.parted_at is not None:
            yield Entry("merge", row.parted_at, N_("{gone} was parted from {kept}"), params,
                        by=row.parted_by.name if row.parted_by else "", note=row.parted_note)  # fmt: skip


def _consented(customer_id: int) -> Iterator[Entry]:
    for word in consent.of_customer(customer_id):
        if word.merges:  # lent by somebody it was merged with: shown where it was said
            continue
        title = N_("Agreed: {purpose}, {channel}") if word.given else N_("Refused: {purpose}, {channel}")
        yield Entry(
            "consent", word.at if word.at.tzinfo else word.at.replace(tzinfo=UTC), title,
            {"purpose": word.purpose, "channel": word.channel}, by=word.by, note=word.text_version,
            off=not word.current,
        )  # fmt: skip
