"""Work golden values out from the evidence; change the rules; lock a value or let the sources decide again."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.identify.golden import fields, reads
from dangol.customers.identify.golden.rules import FIELDS, Choice, Policy, Statement, choose, policy_of, stored_form
from dangol.customers.identify.models import Change, Customer, Survivorship
from dangol.customers.identify.postings import actions as postings
from dangol.customers.identify.reads.one import visible
from dangol.customers.identify.rules import MASKED
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work import actions as work
from dangol.work.actions import Running

CHUNK = 1_000
JOB = "identify.recompute"
SAMPLE = 2_000
UPDATED = (
    "kind", "attributes", "generated", "origins", "updated_at",
    *(column for name in FIELDS for column in fields.COLUMNS[name]),
)  # fmt: skip


def recompute(
    ids: Iterable[int], *, cause: str, by: Member | None = None, quiet: frozenset[str] = frozenset(),
    since: date | None = None,
) -> dict[str, int]:  # fmt: skip
    """Work out the golden values of customers (or of those they are part of) from all evidence; {changed, refused}.

    cause: load, undo, merge, part, rules or hand, written beside each value that is replaced; fields in `quiet` are
    written down by the caller. since: from which day another unit or rep holds, by default from today or the day the
    source gives. Repeating it changes nothing. Short transactions: other writers get between.
    """
    wanted = sorted(set(ids))
    places, counted = fields.Places(), {"changed": 0, "refused": 0}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        with transaction.atomic():
            changed, refused = _recompute(_roots(part), places, cause, by, quiet=quiet, since=since)
        counted["changed"] += changed
        counted["refused"] += refused
    return counted


def _roots(ids: list[int]) -> dict[int, Customer]:
    """The rows of these customers, of merged ones those they are part of; held until the end of the transaction."""
    found = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "merged_into_id"))
    roots = sorted({into or pk for pk, into in found.items()})
    return {row.pk: row for row in Customer.objects.select_for_update(of=("self",)).filter(pk__in=roots)}


def _recompute(
    rows: dict[int, Customer], places: fields.Places, cause: str, by: Member | None, *,
    quiet: frozenset[str], since: date | None,
) -> tuple[int, int]:  # fmt: skip
    rules, now = reads.policy(), timezone.now()
    found = reads.evidence(rows, places)
    charged = {pk: postings.charge_of(row) for pk, row in rows.items()}
    touched, changes = [], []
    for pk, row in rows.items():
        made = _settle(row, found[pk], rules)
        if made is None:
            continue
        touched.append(row)
        changes += [_change(row, one, cause, by, now) for one in made if one[1] and one[0] not in quiet]
    _update(touched, now)
    Change.objects.bulk_create(changes, batch_size=90)
    days = {pk: since or _since(said.said, rules) for pk, said in found.items()}
    postings.note(rows, charged, days, cause=cause, by=by)
    return len(touched), sum(one.refused for one in found.values())


def _since(said: Mapping[str, Sequence[Statement]], rules: Policy) -> date | None:
    """From which day the golden unit and rep hold, where their source says so."""
    dated = [name for name in ("rep", "unit") if any(one.since for one in said.get(name, ()))]
    chosen = [choose(said[name], rules[name]).chosen for name in dated]
    return max((one.since for one in chosen if one and one.since), default=None)


Before = tuple[str, str, Any, bool]  # field, its value, origin and whether it was generated before


def _settle(row: Customer, said: reads.Evidence, rules: Policy) -> list[Before] | None:
    """Give a row its golden values; the replaced ones, or None where nothing at all changed."""
    replaced: list[Before] = []
    changed = _settle_attributes(row, said)
    for name in FIELDS:
        words = said.said.get(name)
        if not words and name not in row.origins and not shown(row, name):
            continue
        choice = choose(words or (), rules[name])
        before = (name, shown(row, name), row.origins.get(name), name in row.generated)
        if _write(row, name, choice):
            changed = True
            if before[1] != shown(row, name):
                replaced.append(before)
    # A generated name tells nobody who the customer is: such a customer stays un-named.
    kind = "named" if row.name and "name" not in row.generated else "unnamed"
    changed, row.kind = changed or kind != row.kind, kind
    return replaced if changed else None


def _write(row: Customer, name: str, choice: Choice) -> bool:
    chosen = choice.chosen
    columns = fields.nothing(name) | (dict(chosen.columns) if chosen else {})
    origin, made = _origin(row, chosen), bool(chosen and chosen.generated)
    same = all(getattr(row, column) == value for column, value in columns.items())
    if same and row.origins.get(name) == origin and (name in row.generated) == made:
        return False
    for column, value in columns.items():
        setattr(row, column, value)
    row.origins = {field: value for field, value in row.origins.items() if field != name}
    if origin:
        row.origins[name] = origin
    row.generated = sorted((set(row.generated) - {name}) | ({name} if made else set()))
    return True


def _origin(row: Customer, chosen: Statement | None) -> dict[str, Any] | None:
    """How a chosen statement is written beside its value; nothing where its source was never recorded."""
    if chosen is None:
        return None
    if chosen.member:
        origin: dict[str, Any] = {"source": f"staff:{chosen.member}", "at": chosen.at.isoformat()}
    elif chosen.batch:
        origin = {"source": chosen.source, "at": chosen.at.isoformat(), "batch": chosen.batch}
    else:
        origin = {"source": chosen.source, "at": chosen.at.isoformat()} if chosen.source else {}
    if chosen.owner != row.pk:
        origin["customer"] = chosen.owner
    return origin or None


def _settle_attributes(row: Customer, said: reads.Evidence) -> bool:
    """Own attributes of the sources; those that no source ever gave are left alone."""
    own, given = said.own_attributes(), set(row.origins.get("attributes", ()))
    wanted = {name: value for name, value in row.attributes.items() if name not in given} | own
    if wanted == row.attributes and given == set(own):
        return False
    row.attributes = wanted
    row.origins = {name: value for name, value in row.origins.items() if name != "attributes"}
    if own:
        row.origins["attributes"] = sorted(own)
    return True


def shown(row: Customer, name: str) -> str:
    """A field's value as changes keep it: of a unit or rep the id."""
    value = getattr(row, f"{name}_id" if name in ("unit", "rep") else name)
    return "" if value is None else str(value)


def _change(row: Customer, before: Before, cause: str, by: Member | None, now: datetime) -> Change:
    name, value, origin, made = before
    source = (row.origins.get(name) or {}).get("source", "")
    return Change(
        customer_id=row.pk, field=name, before=value, after=shown(row, name), origin_before=origin,
        generated_before=made, member=by, cause=cause, at=now, source="" if source.startswith("staff:") else source,
    )  # fmt: skip


def _update(people: list[Customer], now: datetime) -> None:
    """Write the people row by row in one statement: bulk_update's CASE grows with rows times fields."""
    if not people:
        return
    model: list[Any] = [Customer._meta.get_field(name.removesuffix("_id")) for name in UPDATED]
    columns = ", ".join(f"{field.column} = %s" for field in model)
    for person in people:
        person.updated_at = now
    stored = [(field.attname, _stored_by(field)) for field in model]
    rows = [(*(keep(getattr(person, name)) for name, keep in stored), person.pk) for person in people]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE identify_customer SET {columns} WHERE id = %s", rows)  # noqa: S608


def _stored_by(field: Any) -> Callable[[Any], Any]:
    """How a column's value is handed to the database."""
    kind = field.get_internal_type()
    if kind == "JSONField":
        return lambda value: json.dumps(value, ensure_ascii=False)
    if kind in ("DateField", "DateTimeField"):
        return lambda value: field.get_db_prep_save(value, connection)
    return lambda value: value


def set_rules(*, by: Member, rules: Mapping[str, Any], seen: int, note: str = "") -> int:
    """Put new rules in force and have every golden value worked out again; returns the job's id.

    rules: {field: {"rule", "sources"}}; fields left out keep the default. seen: the version the member looked at.
    Raises Conflict where somebody put others in force meanwhile, BadInput naming the field.
    """
    require(by, Right.QUALITY_EDIT)
    wanted = stored_form(policy_of(rules))
    with transaction.atomic():
        last = Survivorship.objects.select_for_update().select_related("by").order_by("-pk").first()
        if (last.pk if last else 0) != seen:
            raise Conflict("{who} changed the rules meanwhile. Look at them and decide again.",
                           who=last.by.name if last else "")  # fmt: skip
        Survivorship.objects.create(rules=wanted, by=by, note=note.strip()[:300])
        note_access(by=by, verb="change", what="golden rules")
    return work.enqueue(kind=JOB, arguments={}, by=by)


def recompute_all(running: Running) -> dict[str, Any]:
    """The job after a change of rules: every customer, in order of id. Returns {customers, changed}."""
    total = Customer.objects.filter(merged_into=None).count()
    done, changed, last = 0, 0, 0
    while ids := _after(last):
        changed += recompute(ids, cause="rules", by=running.by)["changed"]
        done, last = done + len(ids), ids[-1]
        running.progress(done, total, "people")
    return {"customers": done, "changed": changed}


def _after(last: int) -> list[int]:
    rows = Customer.objects.filter(merged_into=None, pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:CHUNK])


def try_rules(by: Member, rules: Mapping[str, Any]) -> dict[str, Any]:
    """What other rules would change, without changing anything: {looked_at, customers, fields {name: count}}.

    Looks at the customers changed last, at most SAMPLE of them.
    """
    require(by, Right.QUALITY_EDIT)
    wanted = policy_of(rules)
    rows = {row.pk: row for row in Customer.objects.filter(merged_into=None).order_by("-updated_at")[:SAMPLE]}
    found = reads.evidence(rows, fields.Places())
    counted, people = dict.fromkeys(FIELDS, 0), 0
    for pk, row in rows.items():
        differ = [name for name in FIELDS if _would_change(row, name, found[pk], wanted)]
        people += bool(differ)
        for name in differ:
            counted[name] += 1
    return {"looked_at": len(rows), "customers": people, "fields": {k: n for k, n in counted.items() if n}}


def _would_change(row: Customer, name: str, said: reads.Evidence, wanted: Policy) -> bool:
    chosen = choose(said.said.get(name, ()), wanted[name]).chosen
    return (chosen.value if chosen else "") != fields.compared(name, fields.present(row, name))


@transaction.atomic
def lock(*, by: Member, customer_id: int, name: str, mark: str, address: str = "") -> None:
    """Make one of the values that were said the golden one, whatever the rule says. mark: that of the candidate.

    Raises NotFound where nobody says it (any more).
    """
    row, said = _asked(by, customer_id, name)
    chosen = next((one for one in said if reads.mark(one) == mark), None)
    if chosen is None:
        raise NotFound("Nobody says this any more. Load the page again.")
    value = chosen.columns[f"{name}_id" if name in ("unit", "rep") else name]
    Change.objects.create(
        customer=row, field=name, before=shown(row, name), after="" if value is None else str(value),
        origin_before=row.origins.get(name), generated_before=name in row.generated, member=by, cause="hand",
        at=timezone.now(),
    )  # fmt: skip
    recompute([row.pk], cause="hand", by=by, quiet=frozenset({name}))
    note_access(by=by, verb="change", what="customer", customer_id=row.pk, address=address,
                detail={"fields": [name], "locked": True})  # fmt: skip


@transaction.atomic
def release(*, by: Member, customer_id: int, name: str, address: str = "") -> None:
    """Let the sources decide a field again that was written or locked by hand. Raises Conflict where none was."""
    row, _said = _asked(by, customer_id, name)
    family = list(reads.families([row.pk]))
    written = Change.objects.filter(customer_id__in=family, field=name, cause="hand", undone_at=None, released_at=None)
    if not written.update(released_at=timezone.now()):
        raise Conflict("Nobody wrote this field by hand; the sources decide it already.")
    recompute([row.pk], cause="rules", by=by)
    note_access(by=by, verb="change", what="customer", customer_id=row.pk, address=address,
                detail={"fields": [name], "released": True})  # fmt: skip


def _asked(by: Member, customer_id: int, name: str) -> tuple[Customer, list[Statement]]:
    """The customer's row, held, and what is said of a field. Raises NotAllowed, NotFound, BadInput."""
    require(by, Right.CUSTOMERS_EDIT)
    if name not in FIELDS:
        raise BadInput("The field {name} cannot be changed here.", field=name, name=name)
    if name in MASKED:
        require(by, Right.CUSTOMERS_UNMASK)
    row = Customer.objects.select_for_update(of=("self",)).get(pk=visible(by, customer_id).pk)
    return row, reads.evidence({row.pk: row}, fields.Places())[row.pk].said[name]
