"""Find customers who are one person, and who lives together."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol.customers.identify.linkage import compared, linking, preparing
from dangol.customers.identify.linkage.households import ALONE, households
from dangol.customers.identify.linkage.linking import Linked
from dangol.customers.identify.linkage.preparing import Prepared
from dangol.customers.identify.linkage.rules.evidence import DOUBTFUL_FROM, FEW, evidence, proven, verdict
from dangol.engine import fresh
from dangol.engine.linkage import LEFT, RIGHT
from dangol.work.actions import Running

PRECISION = 0.995
FIELDS = {"family": "family", "given": "first", "phone": "phone_e164", "email": "email", "birth": "birth",
          "birth_year": "birth_year", "gender": "gender", "address": "address", "postcode": "postcode"}  # fmt: skip
PROPOSED = pa.schema(
    [("left", pa.int64()), ("right", pa.int64()), ("probability", pa.float64()), ("evidence", pa.string()),
     ("verdict", pa.string())]
)  # fmt: skip


def find(
    running: Running, *, people: Callable[[], pa.Table], propose: Callable[[pa.Table], Mapping[str, int]],
    settle: Callable[[pa.Table], Mapping[str, int]] | None = None, only_new: bool = True, precision: float = PRECISION,
) -> dict[str, Any]:  # fmt: skip
    """Compare customers with each other and propose the pairs that may be one person.

    people: gives customer_id int64 and standardised values (identify.reads.records). propose: takes PROPOSED. settle:
    takes customer_id, household_id (null: lives alone). only_new: compare what is new or changed since the last time
    with everybody, else everybody. precision: wanted share of right pairs among the sure ones; the others wait for a
    person. Repeating it changes nothing. Returns {compared, fresh, sure, doubtful, households, threshold,
    expected_precision} and what propose reports.
    """
    table = people()
    new = compared.fresh(table) if only_new else np.ones(table.num_rows, bool)
    report: dict[str, Any] = {"compared": table.num_rows, "fresh": int(new.sum()), "sure": 0, "doubtful": 0}
    fields = {name: column for name, column in FIELDS.items()
              if column in table.column_names and table[column].null_count < table.num_rows}  # fmt: skip
    if table.num_rows < 2 or not new.any() or not fields:
        return report
    running.progress(0, 3, N_("Standardise what is compared"))
    prepared = preparing.prepare([preparing.texts(table.select(list(fields.values())))], [fields])
    running.progress(1, 3, N_("Compare customers"))
    with fresh() as engine:
        found = linking.link(engine, prepared, precision=precision, new=None if new.all() else pa.array(new))
    running.progress(2, 3, N_("Propose who is one person"))
    pairs = _pairs(prepared, found, table["customer_id"])
    running.check()
    report |= dict(propose(pairs))
    verdicts = pairs["verdict"].to_pylist()
    report |= {name: verdicts.count(name) for name in ("sure", "doubtful")}
    if settle is not None:
        homes = _homes(prepared, found, table["customer_id"])
        settle(homes)
        report["households"] = len(homes["household_id"].drop_null().unique())
    compared.note(table)
    return report | {"threshold": round(found.threshold, 4), "expected_precision": round(found.precision, 4)}


def _pairs(prepared: Prepared, found: Linked, ids: pa.ChunkedArray) -> pa.Table:
    """The pairs to propose, with evidence and verdict."""
    chance = found.pairs["probability"].to_numpy()
    worth = (chance >= DOUBTFUL_FROM) & ~found.pairs["veto"].to_numpy()
    rows = found.pairs.filter(pa.array(worth)).to_pylist()
    of, few = ids.to_numpy(), len(ids) < FEW
    made = [
        {"left": int(of[row[LEFT]]), "right": int(of[row[RIGHT]]), "probability": row["probability"],
         "evidence": evidence(prepared.comparisons, row),
         "verdict": verdict(joined=row["joined"], probability=row["probability"], limit=found.threshold,
                            proven=not few or proven(prepared.comparisons, row))}
        for row in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(made, schema=PROPOSED)


def _homes(prepared: Prepared, found: Linked, ids: pa.ChunkedArray) -> pa.Table:
    homes = households(prepared, found.groups)
    household = ids.take(pa.array(np.maximum(homes, 0)))
    return pa.table({"customer_id": ids, "household_id": pc.if_else(pa.array(homes != ALONE), household, None)})
