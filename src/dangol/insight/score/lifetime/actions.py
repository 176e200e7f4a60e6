"""Work out every customer's lifetime value from the warehouse and publish it."""

import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from ibis.expr.types import Table
from numpy.typing import NDArray

from dangol.base.errors import Damaged, NotFound
from dangol.base.identifiers import content_hash
from dangol.base.period import month_ends
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score.lifetime import tables
from dangol.insight.score.lifetime.reads import store
from dangol.insight.score.lifetime.rules import contracts, tracking, valuation
from dangol.insight.score.lifetime.rules.buying import MODELS
from dangol.insight.score.lifetime.rules.fitting import Fit
from dangol.insight.score.lifetime.rules.forecast import Forecast
from dangol.insight.score.lifetime.rules.valuation import Lifetime, Question
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Running

WAY = 3  # raised where the way of computing changes: the same data are then worked out anew
MONTHS = 12
CHECK_DAYS, SHORTEST_CHECK_DAYS = 90, 14
ALIVE_STEPS = 10
PAST = 36  # days of fitting that are remembered


def run(running: Running) -> dict[str, Any]:
    """Fit the models on the newest warehouse snapshot and publish P(alive), purchases and value of every customer.

    The models are fitted up to a day in the past and checked on what came after it; the best is fitted again on
    everything and looks ahead from the newest day. Horizon, discount and model are settings. The same snapshot and the
    same settings are worked out once. Returns {snapshot, customers, model, reason, reused}. Raises NotFound without a
    warehouse, Cancelled.
    """
    source, _newest = warehouse.current()
    if not source.facts.get("first_day") or not source.facts.get("as_of"):
        return {"snapshot": None, "customers": 0, "model": "", "reason": "no_purchases", "reused": False}
    wanted = f"{source.id}-ltv{_fingerprint()}"
    served = _served(wanted)
    reused = served is not None
    if served is None:
        with fresh() as engine, tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
            _Work(engine, source, Path(scratch), running).write(wanted)
        served = store().open(wanted)
    return {"snapshot": served.id, "customers": served.facts["customers_seen"], "model": served.facts["model"],
            "reason": served.facts["reason"], "reused": reused}  # fmt: skip


def _fingerprint() -> str:
    options = settings.DANGOL
    asked = {"way": WAY, "horizon": options.lifetime_horizon_days, "discount": options.lifetime_discount_percent,
             "model": options.lifetime_model}  # fmt: skip
    return content_hash(asked)[:10]


def _served(wanted: str) -> Snapshot | None:
    """What is served, if it is this very snapshot and whole."""
    place = store()
    try:
        found = place.open(wanted) if place.pointer() == wanted else None
    except (NotFound, Damaged):
        return None
    return found


def _scratch() -> Path:
    folder: Path = settings.DANGOL.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class _Known:
    """Customers as they were known at one day: their ids, ascending, P(alive) and value (minor units, discounted)."""

    ids: NDArray[np.int64]
    alive: NDArray[np.float64]
    value: NDArray[np.float64]


class _Work:
    """One run: the lines are read once, into days with a purchase per customer."""

    def __init__(self, engine: Engine, source: Snapshot, scratch: Path, running: Running) -> None:
        self.engine, self.source, self.scratch, self.running = engine, source, scratch, running
        self.first_day = date.fromisoformat(source.facts["first_day"])
        self.as_of = date.fromisoformat(source.facts["as_of"])
        self.ends = [end for end in month_ends(self.first_day, self.as_of) if end < self.as_of][-MONTHS:]
        self.steps = 4 + len(self.ends)
        self._days: Table | None = None

    @property
    def days(self) -> Table:
        """Days with a purchase per customer, written once and read for every month."""
        if self._days is None:
            path = self.scratch / "days.parquet"
            lines = warehouse.table(self.engine, self.source, "sales_lines")
            self.engine.write(tables.purchase_days(lines, self.as_of), path)
            self._days = self.engine.table([path])
        return self._days

    def rows(self, end: date) -> pa.Table:
        """What was known of each customer on a day, in order of id."""
        found = self.engine.arrow(tables.summaries(self.days, end))
        return found.take(pa.array(np.argsort(found["customer_id"].to_numpy())))

    def write(self, snapshot_id: str) -> None:
        """Write the snapshot."""
        self.running.progress(0, self.steps)
        gaps = self.engine.arrow(tables.gaps(self.days))
        rhythm = contracts.rhythm(*(gaps[name].to_numpy().astype(float) for name in ("gap", "times")))
        checked, calibrated = self._checked(rhythm)
        self.running.progress(1, self.steps)
        rows = self.rows(self.as_of)
        found = valuation.value(rows, self._question(self.as_of, checked.model if checked else "", rhythm))
        self.running.progress(3, self.steps)
        months, before = self._months(found)
        facts = self._facts(found, checked) | {"months": months}
        facts["past"] = _past(facts)
        facts |= self._pictures(found, rows, calibrated)
        customers = _customers(found, rows, before)
        with store().draft(snapshot_id) as draft:
            draft.facts = facts
            path = draft.place("lifetime")
            draft.add("lifetime", path, self.engine.write(self.engine.memory(customers).order_by("customer_id"), path,
                                                          group_rows=GROUP_ROWS))  # fmt: skip

    def _question(self, end: date, model: str, rhythm: tuple[float, float]) -> Question:
        options = settings.DANGOL
        return Question(
            end, self.as_of, options.lifetime_horizon_days, model or options.lifetime_model,
            options.lifetime_discount_percent / 100, period_days=rhythm[0], regular_share=rhythm[1],
        )  # fmt: skip

    def _checked(self, rhythm: tuple[float, float]) -> tuple[Lifetime | None, Fit | None]:
        """The models fitted up to a day in the past and checked since; None where the past is too short or thin."""
        held = min(CHECK_DAYS, (self.as_of - self.first_day).days // 4)
        if held < SHORTEST_CHECK_DAYS:
            return None, None
        end = self.as_of - timedelta(days=held)
        found = valuation.chosen(self.rows(end), self._question(end, "", rhythm))
        if found.reason or found.model not in MODELS:
            return None, None
        return found, found.fits[found.model]

    def _months(self, found: Lifetime) -> tuple[list[dict[str, Any]], _Known | None]:
        """What the model of today says of every month end, and the customers as known at the last of them."""
        if found.model not in MODELS:
            return [], None
        said, known = [], None
        for place, end in enumerate(self.ends):
            self.running.progress(3 + place, self.steps)
            rows = self.rows(end)
            known = self._at(found, rows)
            said.append({"as_of": end.isoformat(), "customers": len(known.ids), "alive": float(known.alive.sum()),
                         "value": round(float(known.value.sum()))})  # fmt: skip
        return said, known

    def _at(self, found: Lifetime, rows: pa.Table) -> _Known:
        histories, which = valuation.grouped(rows)
        options = settings.DANGOL
        ahead = Forecast(MODELS[found.model], found.fits[found.model], histories, found.horizon_days,
                         options.lifetime_discount_percent / 100)  # fmt: skip
        average = found.money.average(*valuation.counts(rows))
        return _Known(rows["customer_id"].to_numpy(), ahead.alive()[which], ahead.worth()[which] * average)

    def _facts(self, found: Lifetime, checked: Lifetime | None) -> dict[str, Any]:
        """What a page says in words."""
        source = checked or found
        return {
            "as_of": self.as_of.isoformat(), "first_day": self.source.facts["first_day"], "warehouse": self.source.id,
            "currency": self.source.facts.get("currency", settings.DANGOL.currency),
            "horizon_days": found.horizon_days, "discount_percent": settings.DANGOL.lifetime_discount_percent,
            "customers_seen": found.customers_seen, "repeaters": found.repeaters, "reason": found.reason,
            "model": found.model, "chosen_by": self._chosen_by(found, checked), "period_days": found.period_days,
            "regular_share": found.regular_share,
            "checked_from": checked.end.isoformat() if checked else "",
            "fits": {name: _said(fit) for name, fit in found.fits.items()},
            "tried": {name: {"bic": float(fit.bic)} for name, fit in source.fits.items()},
            "holdouts": {name: asdict(one) for name, one in source.holdouts.items()},
            "spending": _said(found.money.fit) if found.money.fit else None,
            "spending_reason": found.money.reason, "correlation": found.money.correlation,
        }  # fmt: skip

    def _chosen_by(self, found: Lifetime, checked: Lifetime | None) -> str:
        asked = settings.DANGOL.lifetime_model != valuation.AUTO
        return "asked_for" if asked else checked.chosen_by if checked else found.chosen_by

    def _pictures(self, found: Lifetime, rows: pa.Table, calibrated: Fit | None) -> dict[str, Any]:
        """What the charts show: repeat purchases by week and by how often, P(alive) and value of customers."""
        empty: dict[str, Any] = {"weeks": [], "repeats": [], "alive": [], "values": [], "totals": {}}
        if found.customers is None:
            return empty
        figures = found.customers
        alive, expected = (figures[name].to_numpy() for name in ("p_alive", "expected_purchases"))
        value = figures["value"].to_numpy() if "value" in figures.column_names else None
        counted = np.bincount(np.minimum((alive * ALIVE_STEPS).astype(int), ALIVE_STEPS - 1), minlength=ALIVE_STEPS)
        pictures = empty | {
            "alive": [int(one) for one in counted],
            "values": _tenths(value) if value is not None else [],
            "totals": {"alive": float(alive.sum()), "purchases": float(expected.sum()),
                       "value": int(value.sum()) if value is not None else None},
            "together": asdict(found.together) if found.together else None,
        }  # fmt: skip
        if found.model in MODELS:
            histories, _which = valuation.grouped(rows)
            fit = found.fits[found.model]
            pictures["repeats"] = tracking.spread(MODELS[found.model], fit.values, histories)
            pictures["weeks"] = self._weeks(found.model, calibrated or fit, rows)
        return pictures

    def _weeks(self, model: str, fit: Fit, rows: pa.Table) -> list[dict[str, float]]:
        length = (self.as_of - self.first_day).days + 1
        newcomers = np.bincount(length - 1 - np.minimum(rows["age"].to_numpy(), length - 1), minlength=length)
        counted = self.engine.arrow(tables.by_day(self.days))
        purchases = np.zeros(length)
        places = [max((day - self.first_day).days, 0) for day in counted["day"].to_pylist()]
        np.add.at(purchases, places, counted["purchases"].to_numpy())
        return tracking.cumulative(MODELS[model], fit.values, newcomers.astype(float), purchases)


def _past(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The model of this day after those of the days before, as the snapshot before this one tells them."""
    try:
        before = store().current()[0].facts.get("past", [])
    except (NotFound, Damaged):
        before = []
    check = facts["holdouts"].get(facts["model"])
    error = check["forecast"] / check["actual"] - 1 if check and check["actual"] else None
    fit = facts["fits"].get(facts["model"])
    here = [{"as_of": facts["as_of"], "model": facts["model"], "parameters": fit["parameters"], "error": error,
             "customers": facts["customers_seen"]}] if fit else []  # fmt: skip
    return [*(one for one in before if one["as_of"] != facts["as_of"]), *here][-PAST:]


def _said(fit: Fit) -> dict[str, Any]:
    return {"parameters": fit.parameters, "intervals": fit.intervals, "log_likelihood": fit.log_likelihood,
            "converged": fit.converged}  # fmt: skip


def _tenths(value: NDArray[np.int64]) -> list[dict[str, float]]:
    """Customers in ten groups of equal size by value, the most valuable first: how many, and their value together."""
    parts = np.array_split(np.sort(value)[::-1], ALIVE_STEPS)
    return [{"customers": len(part), "value": int(part.sum()), "least": int(part.min()) if len(part) else 0}
            for part in parts]  # fmt: skip


def _customers(found: Lifetime, rows: pa.Table, before: _Known | None) -> pa.Table:
    """The published rows: the figures with P(alive) at the last month end and the value that its fall puts at risk."""
    if found.customers is None:
        return NOBODY
    figures = found.customers
    alive = figures["p_alive"].to_numpy()
    ids = rows["customer_id"].to_numpy()
    earlier = np.full(len(ids), np.nan)
    if before is not None:
        _both, here, there = np.intersect1d(ids, before.ids, assume_unique=True, return_indices=True)
        earlier[here] = before.alive[there]
    value = figures["value"].to_numpy() if "value" in figures.column_names else np.zeros(len(ids), np.int64)
    fall = np.nan_to_num(np.maximum(earlier - alive, 0.0))
    at_risk = np.rint(value / np.maximum(alive, 1e-6) * fall).astype(np.int64)
    columns = {
        name: figures[name].combine_chunks() if name in figures.column_names else pa.nulls(len(ids), NOBODY[name].type)
        for name in NOBODY.column_names
    } | {
        "customer_id": rows["customer_id"], "as_of": pa.array([found.end] * len(ids), pa.date32()),
        "p_alive_before": pa.array(earlier, from_pandas=True), "at_risk": pa.array(at_risk),
    }  # fmt: skip
    return pa.table(columns).cast(NOBODY.schema)


NOBODY = pa.schema([
    ("customer_id", pa.int64()), ("as_of", pa.date32()), ("repeats", pa.int64()), ("last_day", pa.date32()),
    ("p_alive", pa.float64()), ("p_alive_low", pa.float64()), ("p_alive_high", pa.float64()),
    ("p_alive_before", pa.float64()), ("expected_purchases", pa.float64()), ("purchases_low", pa.int64()),
    ("purchases_high", pa.int64()), ("average_amount", pa.int64()), ("value", pa.int64()), ("value_low", pa.int64()),
    ("value_high", pa.int64()), ("at_risk", pa.int64()),
]).empty_table()  # fmt: skip
