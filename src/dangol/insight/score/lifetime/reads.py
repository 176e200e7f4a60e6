"""What customers are worth from here on: the model in force, how well it fits, each customer's figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.base.period import month_ends
from dangol.customers.identify import reads as customers
from dangol.customers.identify.picked import Figure
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, Snapshot, Store, current, rows_of
from dangol.insight.score import reads as score
from dangol.insight.score.lifetime import tables
from dangol.insight.score.lifetime.rules import tracking
from dangol.insight.score.lifetime.rules.buying import MODELS
from dangol.insight.score.reads import figures
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

FOLDER = "lifetime"
RISK_COLUMNS = ("customer_id", "p_alive", "p_alive_before", "value", "at_risk", "last_day", "expected_purchases")
TRACK_MONTHS = 12


@dataclass(frozen=True)
class Worth:
    """One customer's figures on a day.

    p_alive: with its 95 % interval and that of the month end before; expected_purchases, value: of the horizon, with
    the 5 % and 95 % of what may come; value: minor units, discounted; at_risk: what the fall of P(alive) in the last
    month takes of it. None where the model does not say it.
    """

    customer_id: int
    as_of: date
    repeats: int
    last_day: date
    p_alive: float
    p_alive_low: float | None
    p_alive_high: float | None
    p_alive_before: float | None
    expected_purchases: float
    purchases_low: int | None
    purchases_high: int | None
    average_amount: int | None
    value: int | None
    value_low: int | None
    value_high: int | None
    at_risk: int
    horizon_days: int


@dataclass(frozen=True)
class Overview:
    """The model in force and what it says of all customers.

    reason: why there is no model, empty where there is one. fits, tried, holdouts, weeks, repeats, alive, values,
    months, totals: as written by actions. Counts below score.SMALL_GROUP are None for readers who may not see them.
    """

    as_of: date
    first_day: date
    horizon_days: int
    discount_percent: int
    customers: int
    repeaters: int
    reason: str
    model: str
    chosen_by: str
    checked_from: date | None
    facts: Mapping[str, Any]
    alive: Sequence[int | None]
    newest: bool

    @property
    def parameters(self) -> Mapping[str, float]:
        """Parameters of the model in force, times in weeks."""
        return self.facts["fits"][self.model]["parameters"]  # type: ignore[no-any-return]

    @property
    def holdout(self) -> Mapping[str, Any] | None:
        """How the model in force did on what came after its calibration."""
        return self.facts["holdouts"].get(self.model)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class AtRisk:
    """A customer whose probability of being active fell since the last month end. value, at_risk: minor units."""

    customer_id: int
    label: str
    p_alive: float
    p_alive_before: float
    value: int
    at_risk: int
    last_day: date
    expected_purchases: float


def store() -> Store:
    """Where lifetime values are kept."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def _current() -> tuple[Snapshot, bool]:
    try:
        return store().current()
    except NotFound:
        raise NotFound(
            "Lifetime values have not been worked out yet. Load purchases and run the cycle first."
        ) from None


def table(opened: Engine) -> Table:
    """Every customer's figures as a table of an engine: Worth without the horizon. Raises NotFound before a run."""
    return opened.table(_current()[0].paths("lifetime"))


def figure() -> Figure | None:
    """Every customer's value to sort by; None where it has not been worked out."""
    try:
        found = _current()[0]
    except (NotFound, Damaged):
        return None
    told = found.facts["totals"] if found.facts.get("totals") else {}
    return figures.figure(found.paths("lifetime")[0], "value") if told.get("value") is not None else None


def overview(by: Member | None = None) -> Overview:
    """The model in force, its check and its totals. by: the reader, for whom small counts may be folded.

    Raises NotFound before the first run.
    """
    snapshot, newest = _current()
    facts = snapshot.facts
    folds = not score.sees_small_groups(by)
    alive = [None if folds and 0 < count < score.SMALL_GROUP else count for count in facts["alive"]]
    return Overview(
        as_of=date.fromisoformat(facts["as_of"]), first_day=date.fromisoformat(facts["first_day"]),
        horizon_days=facts["horizon_days"], discount_percent=facts["discount_percent"],
        customers=facts["customers_seen"], repeaters=facts["repeaters"], reason=facts["reason"], model=facts["model"],
        chosen_by=facts["chosen_by"], alive=alive, facts=facts, newest=newest,
        checked_from=date.fromisoformat(facts["checked_from"]) if facts["checked_from"] else None,
    )  # fmt: skip


@dataclass(frozen=True)
class RiskOf:
    """An RFM segment's customers whose P(alive) fell since the last month end, and the value that takes (minor units).

    None where too few to show.
    """

    segment: str
    customers: int | None
    at_risk: int | None


def risk_by_segment(by: Member | None = None) -> list[RiskOf]:
    """Value at risk by RFM segment, most first. Raises NotFound before the first run and the first scoring."""
    folds = not score.sees_small_groups(by)
    rows = _risk_by_segment(_current()[0].root, score.as_of())
    return [RiskOf(code, *((None, None) if folds and count < score.SMALL_GROUP else (count, amount)))
            for code, count, amount in rows]  # fmt: skip


@lru_cache(maxsize=20)
def _risk_by_segment(_root: Path, _as_of: date) -> tuple[tuple[str, int, int], ...]:
    """Snapshots never change, so an answer about two of them stays true."""
    engine = current()
    found = engine.arrow(tables.risk_by_segment(table(engine), score.table(engine))).to_pylist()
    return tuple(sorted(((row["segment"], row["customers"], row["at_risk"]) for row in found),
                        key=lambda row: -row[2]))  # fmt: skip


def of_customer(customer_id: int) -> Worth | None:
    """One customer's figures; None where there are none. Whether the reader may see the customer is asked before."""
    try:
        snapshot, _newest = _current()
    except (NotFound, Damaged):
        return None
    rows = rows_of(snapshot.paths("lifetime"), "customer_id", customer_id)
    if not rows:
        return None
    known: dict[str, Any] = {name: None if value != value else value for name, value in rows[0].items()}  # noqa: PLR0124  NaN: unknown
    return Worth(horizon_days=snapshot.facts["horizon_days"], **known)


def track(purchases: Sequence[date]) -> list[tuple[date, float]]:
    """A customer's P(alive) at the latest month ends and today, by the model of today and what was known then.

    purchases: the customer's days with a purchase. Empty where there is no such model.
    """
    try:
        facts = _current()[0].facts
    except (NotFound, Damaged):
        return []
    if facts["model"] not in MODELS or not purchases:
        return []
    days, as_of = sorted(set(purchases)), date.fromisoformat(facts["as_of"])
    ends = [*(end for end in month_ends(days[0], as_of) if end < as_of), as_of][-TRACK_MONTHS - 1 :]
    parameters = np.array(list(facts["fits"][facts["model"]]["parameters"].values()))
    told = tracking.path(MODELS[facts["model"]], parameters, days, ends)
    return [(end, alive) for end, alive in zip(ends, told, strict=True) if alive is not None]


def at_risk(by: Member, *, limit: int = 20) -> list[AtRisk]:
    """The customers whom the reader may see whose falling P(alive) takes the most value, most first.

    Raises NotAllowed, NotFound before the first run.
    """
    found = _at_risk(by, RISK_COLUMNS)
    order = [("at_risk", "descending"), ("customer_id", "ascending")]
    rows = found.take(pc.select_k_unstable(found, k=min(limit, found.num_rows), sort_keys=order)).to_pylist()
    labels = customers.labels(row["customer_id"] for row in rows)
    return [AtRisk(label=labels[row["customer_id"]], **row) for row in rows if row["customer_id"] in labels]


def at_risk_ids(by: Member) -> list[int]:
    """All of the reader's customers whom `at_risk` lists the first of, ascending. Raises like it."""
    return sorted(_at_risk(by, ("customer_id",))["customer_id"].to_pylist())


def _at_risk(by: Member, columns: Sequence[str]) -> pa.Table:
    require(by, Right.CUSTOMERS_VIEW)
    paths = list(_current()[0].paths("lifetime"))
    found = pq.read_table(paths, columns=list(columns), filters=[("at_risk", ">", 0)])
    if scope_of(by).everyone:
        return found
    own = np.array(customers.customer_ids(by, CustomerQuery()), dtype=np.int64)
    return found.filter(pc.is_in(found["customer_id"], value_set=pa.array(own)))
