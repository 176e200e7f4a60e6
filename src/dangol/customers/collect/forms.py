"""People who wrote themselves down: rows of a form, kept like those of a file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect import people
from dangol.customers.collect.columns import LINE, check
from dangol.customers.collect.models import Batch, Load, Source
from dangol.customers.collect.rules import CUSTOMERS, REASON_OF, REASONS, Definition
from dangol.customers.collect.sorting import terms_of


def record_people(
    *, source: str, name: str, rows: Sequence[Mapping[str, Any]], system: str = "", generated: bool = False
) -> list[dict[str, Any]]:
    """Keep what people said of themselves in a form; returns the rows as `reads.people` gives them.

    source: code of the form's source, made on first use. rows: fields of the record `customers` and `attr:` names, each
    with a source_key. system: the space of the keys; the code if not given. Raises BadInput for a row that does not
    fit: then none is kept.
    """
    if not rows:
        return []
    with transaction.atomic():
        owner = _owner(source, name, system or source, generated)
        columns = _checked(owner, rows)
        now = datetime.now(UTC)
        load = Load.objects.create(
            source=owner, name=name[:200], state="done", read=len(rows), loaded=len(rows), started_at=now,
            finished_at=now,
        )  # fmt: skip
        batch = Batch.objects.create(
            load=load, source=owner, kind=CUSTOMERS.kind, number=0, read=len(rows), rows=len(rows)
        )
        people.write(batch, _versions(owner, pa.table(columns).to_pylist()))
    about = {"source": owner.system, "source_code": owner.code, "batch": batch.pk, "generated": owner.generated}
    return [
        {field: people.plain(value) for field, value in row.items() if value is not None} | about
        for row in pa.table(columns).to_pylist()
    ]


def _versions(owner: Source, rows: Sequence[Mapping[str, Any]]) -> list[people.Version]:
    """What the rows say, over what their people said in this form before."""
    known = people.former(owner, [row[people.KEY] for row in rows])
    before = {key: one.fields for key, one in known.items()}
    return [people.version(row[people.KEY], row, before.get(row[people.KEY]), (), erase=False) for row in rows]


def _owner(code: str, name: str, system: str, generated: bool) -> Source:
    owner, _made = Source.objects.get_or_create(
        code=code,
        defaults={"name": name[:100], "system": system, "kind": CUSTOMERS.kind, "reader": "own", "own": True,
                  "generated": generated},
    )  # fmt: skip
    if not owner.own or owner.kind != CUSTOMERS.kind:
        raise Conflict("The source {code} is loaded from outside. Give the form another code.", code=code)
    return owner


def _checked(owner: Source, rows: Sequence[Mapping[str, Any]]) -> dict[str, pa.Array]:
    names = sorted({name for row in rows for name in row})
    unknown = [name for name in names if CUSTOMERS.field(name) is None]
    if unknown:
        raise BadInput("A {kind} row has no field {name}.", field=unknown[0], kind=CUSTOMERS.kind, name=unknown[0])
    texts = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
    definition = Definition(owner.code, owner.system, CUSTOMERS.kind, "own", {n: n for n in names}, {}, (), {})
    lines = {LINE: pa.array(range(1, len(rows) + 1), pa.int64())}
    checked = check(pa.table(texts | lines), definition, terms_of(definition, own=True))
    bad = checked.reason.nonzero()[0]
    if len(bad):
        field = definition.fields()[int(checked.place[bad[0]])].name
        said = REASONS[REASON_OF[int(checked.reason[bad[0]])]]
        raise BadInput("{name}: {said}", field=field, name=field, said=said.format(field=field))
    return checked.columns


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
