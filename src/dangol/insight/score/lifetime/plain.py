"""Lifetime value of purchases from anywhere: no database, no warehouse; the same rules as the pages use."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.engine import fresh
from dangol.insight.score.lifetime import tables
from dangol.insight.score.lifetime.rules import contracts, valuation
from dangol.insight.score.lifetime.rules.forecast import WEEK
from dangol.insight.score.lifetime.rules.valuation import AUTO, CONTRACT, Lifetime, Question

BATCH_ROWS = 122_880
UNITS = {"day": 1, "week": 7, "month": 30.4375}
QUIET = timedelta(days=366)  # after the last purchase: longer is a slip of the pen rather than a silence that was seen


def lifetime(
    purchases: pa.Table, *, calibration_end: date | None = None, horizon_days: int = 365, model: str = AUTO,
    yearly_discount: float = 0.1, time_unit: str = "week",
) -> Lifetime:  # fmt: skip
    """Fit the models and say what each customer is worth.

    purchases: customer (any type), day date32, and amount int64 (minor units) where known. calibration_end: the last
    day the models see; what comes after checks them (the last purchase, and no check, when None). model, horizon_days,
    yearly_discount: as in Question. time_unit: of the parameters and the log-likelihood, one of UNITS.
    Returns the customers with a first column `customer`. Raises BadInput.
    """
    if time_unit not in UNITS:
        raise BadInput("There is no time unit “{unit}”. Use one of: {known}.", field="time-unit", unit=time_unit,
                       known=", ".join(UNITS))  # fmt: skip
    until = pc.max(purchases["day"]).as_py()
    end = calibration_end or until
    _check_there_is_something(purchases, end, until)
    asked = Question(end, until, horizon_days, model, yearly_discount, "amount" in purchases.column_names)
    names, rows, rhythm = summaries(purchases, asked)
    rows = rows.take(pa.array(np.argsort(rows["customer_id"].to_numpy())))
    found = valuation.value(rows, replace(asked, period_days=rhythm[0], regular_share=rhythm[1]))
    if found.customers is None:
        return found
    keys = rows["customer_id"] if names is None else names.take(rows["customer_id"])
    purchased = float(pc.sum(rows["x"]).as_py())
    scale = WEEK / UNITS[time_unit]
    fits = found.fits if scale == 1 or found.model == CONTRACT else {
        name: valuation.in_units(one, scale, purchased) for name, one in found.fits.items()
    }  # fmt: skip
    return replace(found, fits=fits, customers=found.customers.add_column(0, "customer", keys))


def _check_there_is_something(purchases: pa.Table, end: date, until: date) -> None:
    """Raises BadInput where the models could not see a purchase, with the reason."""
    first = pc.min(purchases["day"]).as_py()
    if not first <= end <= until + QUIET:
        raise BadInput("The calibration must end after the first purchase and at most a year after the last one: they "
                       "are from {first} to {last}.", field="calibration-end", first=first, last=until)  # fmt: skip
    largest = pc.max(purchases["amount"]).as_py() if "amount" in purchases.column_names else None
    if largest is not None and largest < 0:
        raise BadInput("Every amount is below 0, which reads as a return: there are no purchases.", field="amount")


def summaries(purchases: pa.Table, asked: Question) -> tuple[pa.Array | None, pa.Table, tuple[float, float]]:
    """Names of the customers (None where their numbers are the names), what models know of each, and the rhythm.

    The rhythm is looked at only where the model is not given by name.
    """
    names, lines = _lines(purchases)
    looks_at_rhythm = valuation.named(asked.model) in (AUTO, CONTRACT)
    with fresh() as engine:
        days: Any = tables.purchase_days(engine.memory(lines), asked.until)
        days = engine.keep(days) if looks_at_rhythm else days
        rows = engine.arrow(tables.summaries(days, asked.end))
        gaps = engine.arrow(tables.gaps(days)) if looks_at_rhythm else None
    if gaps is None:
        return names, rows, (0.0, 0.0)
    return names, rows, contracts.rhythm(*(gaps[name].to_numpy().astype(float) for name in ("gap", "times")))


def _lines(purchases: pa.Table) -> tuple[pa.Array | None, pa.Table]:
    """The purchases with whole numbers for customers, in batches that the engine reads side by side."""
    customer = purchases["customer"]
    names = None
    if customer.type != pa.int64() or customer.null_count:
        keys = pc.dictionary_encode(customer).combine_chunks()
        keys = keys if isinstance(keys, pa.DictionaryArray) else keys.chunk(0)
        names, customer = keys.dictionary, keys.indices.cast(pa.int64())
    columns = {"customer_id": customer, "day": purchases["day"]}
    if "amount" in purchases.column_names:
        columns["amount"] = purchases["amount"]
    return names, pa.Table.from_batches(pa.table(columns).combine_chunks().to_batches(max_chunksize=BATCH_ROWS))
