"""Lifetime value of purchases from anywhere: no database, no warehouse; the same functions as the pages use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.engine import fresh
from dangol.insight.score.lifetime import tables
from dangol.insight.score.lifetime.rules import buying, contracts, fitting, spending
from dangol.insight.score.lifetime.rules.history import Floats, Histories

WEEK = 7
STEP_DAYS = 30
DRAWS, PIECE = 200, 20_000
LOW, HIGH = 5, 95
SEED = 20_050_512
CLASSES = 7
CLEARLY_BETTER = 6.0
TIMES = ("alpha", "beta")  # parameters that are times
AUTO, CONTRACT = "auto", "sbg"


@dataclass(frozen=True)
class Holdout:
    """The forecast against what came. classes: {repeats, customers, forecast, actual}, means per customer.

    root_mean_square: of the miss per customer; unlike the mean absolute miss it does not favour too low forecasts.
    """

    days: int
    forecast: float
    actual: int
    mean_absolute: float
    root_mean_square: float
    classes: list[dict[str, float]]


@dataclass(frozen=True)
class Lifetime:
    """Lifetime values of plain purchases.

    period_days, regular_share: usual days between purchases and the share of times near it (0.9 reads as a contract);
    looked at where the model is not given by name.
    reason: why there is no model ("too_few_customers", ...), empty where there is one. fits: every model tried.
    customers: customer, repeats, last_day, p_alive, expected_purchases with low and high (5 % and 95 % of what may
    come), average_amount, value with low and high (amounts in minor units, discounted); amounts only where given.
    """

    end: date
    horizon_days: int
    customers_seen: int
    repeaters: int
    reason: str = ""
    model: str = ""
    chosen_by: str = ""
    period_days: float = 0.0
    regular_share: float = 0.0
    fits: Mapping[str, fitting.Fit] = field(default_factory=dict)
    holdouts: Mapping[str, Holdout] = field(default_factory=dict)
    spending: fitting.Fit | None = None
    spending_reason: str = ""
    correlation: float = 0.0
    customers: pa.Table | None = None


def named(text: str) -> str:
    """The model a user means: BG/NBD, bg-nbd and bgnbd are the same. Raises BadInput with the names there are."""
    bare = "".join(character for character in text.lower() if character.isalnum())
    known = {name.replace("_", ""): name for name in (*buying.MODELS, CONTRACT, AUTO)}
    if bare not in known:
        raise BadInput("There is no model “{model}”. Use one of: {known}.", field="model", model=text,
                       known=", ".join((*buying.MODELS, CONTRACT, AUTO)))  # fmt: skip
    return known[bare]


def lifetime(
    purchases: pa.Table, *, calibration_end: date | None = None, horizon_days: int = 365, model: str = AUTO,
    yearly_discount: float = 0.1,
) -> Lifetime:  # fmt: skip
    """Fit the models and say what each customer is worth.

    purchases: customer (any type), day date32, and amount int64 (minor units) where known. calibration_end: the last
    day the models see; what comes after checks them (the last purchase, and no check, when None). model: one of
    buying.MODELS or "auto". yearly_discount: 0.1 makes a purchase in a year worth 1 / 1.1 of one today.
    Raises BadInput for unknown models, ends without purchases, and horizons outside 1 day to 10 years.
    """
    wanted = named(model)
    if not 1 <= horizon_days <= 3_650:
        raise BadInput("The horizon is 1 to {most} days.", field="horizon-days", most=3_650)
    if not 0 <= yearly_discount < 10:
        raise BadInput("The discount is a yearly rate, like 0.1 for 10 %.", field="discount")
    until = pc.max(purchases["day"]).as_py()
    end = calibration_end or until
    with_amounts = "amount" in purchases.column_names
    keys, rows, (period, share) = _summaries(purchases, end, until, rhythm=wanted in (AUTO, CONTRACT))
    histories, which = _grouped(rows)
    reason = histories.too_little() if rows.num_rows else "too_few_customers"
    seen: dict[str, Any] = {
        "end": end, "horizon_days": horizon_days, "customers_seen": rows.num_rows,
        "repeaters": int(histories.repeaters), "period_days": period, "regular_share": share,
    }  # fmt: skip
    if reason:
        return Lifetime(reason=reason, **seen)
    if wanted == CONTRACT or (wanted == AUTO and contracts.contractual(period, share)):
        found, table = _by_contract(rows, period, horizon_days, yearly_discount, with_amounts=with_amounts)
        return Lifetime(model=CONTRACT, chosen_by="asked_for" if wanted == CONTRACT else "rhythm",
                        fits={CONTRACT: found}, customers=_with_keys(table, keys, rows), **seen)  # fmt: skip
    fits = {name: _fit(buying.MODELS[name], histories) for name in (buying.MODELS if wanted == AUTO else [wanted])}
    held = (until - end).days
    later = rows["later"].to_numpy().astype(float)
    holdouts = {
        name: _holdout(
            buying.MODELS[name].expected(one.values, histories, held / WEEK)[which], histories, which, later, held
        )
        for name, one in fits.items() if held > 0
    }  # fmt: skip
    chosen, why = _choice(fits, holdouts) if wanted == AUTO else (wanted, "asked_for")
    money = _spending(rows) if with_amounts else _Money(reason="no_amounts")
    ahead = _Forecast(buying.MODELS[chosen], fits[chosen].values, histories, horizon_days, yearly_discount)
    table = _customers(ahead, which, rows, money)
    return Lifetime(
        model=chosen, chosen_by=why, fits=fits, holdouts=holdouts, spending=money.fit, spending_reason=money.reason,
        correlation=money.correlation, customers=_with_keys(table, keys, rows), **seen,
    )  # fmt: skip


def _with_keys(table: pa.Table, keys: pa.DictionaryArray, rows: pa.Table) -> pa.Table:
    return table.add_column(0, "customer", keys.dictionary.take(rows["customer_id"]))


def _by_contract(
    rows: pa.Table, period: float, horizon_days: int, yearly_discount: float, *, with_amounts: bool
) -> tuple[fitting.Fit, pa.Table]:
    """Customers of a contract: whoever let one and a half periods pass has left, the others may renew."""
    x = rows["x"].to_numpy().astype(float)
    silent = (rows["age"].to_numpy() - rows["t_x"].to_numpy()) > 1.5 * period
    data = contracts.Tenures(x + silent, silent, np.ones(len(x)))
    found = fitting.fit(lambda p: contracts.log_likelihood(p, data), contracts.PARAMETERS, [np.ones(2)], float(len(x)))
    ahead, rate = max(int(horizon_days / period), 1), (1 + yearly_discount) ** (period / 365) - 1
    renewals = np.where(silent, 0.0, contracts.expected_renewals(found.values, x, ahead, 0.0))
    columns: dict[str, Any] = {
        "repeats": rows["x"], "last_day": rows["last"], "p_alive": np.where(silent, 0.0, 1.0),
        "expected_purchases": renewals,
    }  # fmt: skip
    if with_amounts:
        mean = rows["repeat"].to_numpy() / np.maximum(x, 1)
        known = np.where(x > 0, mean, mean[x > 0].mean() if (x > 0).any() else 0.0)
        worth = np.where(silent, 0.0, contracts.expected_renewals(found.values, x, ahead, rate)) * known
        columns |= {"average_amount": np.rint(known).astype(np.int64), "value": np.rint(worth).astype(np.int64)}
    return found, pa.table(columns)


def _summaries(
    purchases: pa.Table, end: date, until: date, *, rhythm: bool = False
) -> tuple[pa.DictionaryArray, pa.Table, tuple[float, float]]:
    keys = pc.dictionary_encode(purchases["customer"]).combine_chunks()
    keys = keys if isinstance(keys, pa.DictionaryArray) else keys.chunk(0)
    amount = purchases["amount"] if "amount" in purchases.column_names else pa.array(np.zeros(len(keys), np.int64))
    lines = pa.table({"customer_id": keys.indices.cast(pa.int64()), "day": purchases["day"], "amount": amount})
    with fresh() as engine:
        days = engine.memory(engine.arrow(tables.purchase_days(engine.memory(lines), until)))
        found = engine.arrow(tables.summaries(days, end).order_by("customer_id"))
        gaps = engine.arrow(tables.gaps(days)) if rhythm else None
    if gaps is None:
        return keys, found, (0.0, 0.0)
    return keys, found, contracts.rhythm(*(gaps[name].to_numpy().astype(float) for name in ("gap", "times")))


def _grouped(rows: pa.Table) -> tuple[Histories, np.ndarray]:
    """The distinct histories, and for every customer which of them is theirs."""
    x, t_x, age = (rows[name].to_numpy() for name in ("x", "t_x", "age"))
    most_t, most_age = int(t_x.max(initial=0)) + 1, int(age.max(initial=0)) + 1
    codes, which, weight = np.unique((x * most_t + t_x) * most_age + age, return_inverse=True, return_counts=True)
    before, ages = np.divmod(codes, most_age)
    counts, lasts = np.divmod(before, most_t)
    histories = Histories(counts.astype(float), lasts / WEEK, ages / WEEK, weight.astype(float))
    return histories, which


def _fit(model: buying.Buying, histories: Histories) -> fitting.Fit:
    """Fitted with time measured so that the longest age is 30 units: the exponents stay small, the top stays round."""
    scale = max(float(histories.age.max()) / 30, 1e-9)
    inner = Histories(histories.x, histories.t_x / scale, histories.age / scale, histories.weight)
    start = np.ones(len(model.parameters))
    found = fitting.fit(lambda p: model.log_likelihood(p, inner), model.parameters, [start], histories.customers)
    times = np.array([scale if name in TIMES else 1.0 for name in model.parameters])
    # A density of x purchases at known times carries a factor 1 / time for each of them.
    total = found.log_likelihood - float(histories.weight @ histories.x) * np.log(scale)
    return fitting.Fit(found.names, found.values * times, found.low * times, found.high * times, total,
                       found.customers, found.converged)  # fmt: skip


def _holdout(forecast: Floats, histories: Histories, which: np.ndarray, later: Floats, days: int) -> Holdout:
    repeats = np.minimum(histories.x[which], CLASSES).astype(int)
    classes = [
        {"repeats": int(one), "customers": int(here.sum()), "forecast": round(float(forecast[here].mean()), 4),
         "actual": round(float(later[here].mean()), 4)}
        for one in range(CLASSES + 1) if (here := repeats == one).any()
    ]  # fmt: skip
    return Holdout(days, float(forecast.sum()), int(later.sum()), float(np.abs(forecast - later).mean()),
                   float(np.sqrt(np.square(forecast - later).mean())), classes)  # fmt: skip


def _choice(fits: Mapping[str, fitting.Fit], holdouts: Mapping[str, Holdout]) -> tuple[str, str]:
    """BG/NBD, the simplest, unless another is clearly better.

    With a hold-out: one whose misses of single customers are 2 % smaller. Without: one whose BIC is smaller by 6, a
    strong difference (Kass, Raftery, Bayes Factors, JASA 90, 1995).
    """
    simple = buying.BgNbd.name
    if holdouts:
        best = min(holdouts, key=lambda name: holdouts[name].root_mean_square)
        better = holdouts[best].root_mean_square < 0.98 * holdouts[simple].root_mean_square
        return (best if better else simple), "holdout"
    best = min(fits, key=lambda name: fits[name].bic)
    return (best if fits[best].bic < fits[simple].bic - CLEARLY_BETTER else simple), "bic"


@dataclass(frozen=True)
class _Money:
    fit: fitting.Fit | None = None
    reason: str = ""
    correlation: float = 0.0


def _spending(rows: pa.Table) -> _Money:
    """The Gamma-Gamma model over customers with repeat purchases of some worth, in major units of a hundred."""
    x, repeat = rows["x"].to_numpy().astype(float), rows["repeat"].to_numpy().astype(float)
    worth = (x > 0) & (repeat > 0)
    if worth.sum() < 30:
        return _Money(reason="too_few_repeaters")
    data = spending.Spendings(x[worth], repeat[worth] / x[worth] / 100)
    typical = float(data.mean.mean())
    scaled = spending.Spendings(data.x, data.mean / typical)
    found = fitting.fit(lambda p: spending.log_likelihood(p, scaled), spending.PARAMETERS,
                        [np.array([1.0, 2.0, 1.0]), np.array([6.0, 4.0, 0.5])], float(worth.sum()))  # fmt: skip
    factor = np.array([1.0, 1.0, typical])
    total = found.log_likelihood - len(data.x) * np.log(typical)
    found = fitting.Fit(found.names, found.values * factor, found.low * factor, found.high * factor, total,
                        found.customers, found.converged)  # fmt: skip
    return _Money(found, "", data.correlation)


@dataclass(frozen=True)
class _Forecast:
    """A fitted model, the distinct histories and how far to look: what depends on them is computed once for each."""

    model: buying.Buying
    values: Floats
    histories: Histories
    horizon_days: int
    yearly_discount: float


def _customers(ahead: _Forecast, which: np.ndarray, rows: pa.Table, money: _Money) -> pa.Table:
    """One row per customer."""
    model, weeks = ahead.model, ahead.horizon_days / WEEK
    low, high = _quantiles(ahead)
    columns: dict[str, Any] = {
        "repeats": rows["x"], "last_day": rows["last"], "p_alive": model.alive(ahead.values, ahead.histories)[which],
        "expected_purchases": model.expected(ahead.values, ahead.histories, weeks)[which],
        "purchases_low": low[which], "purchases_high": high[which],
    }  # fmt: skip
    if money.fit is not None:
        x, repeat = rows["x"].to_numpy().astype(float), rows["repeat"].to_numpy().astype(float)
        mean = np.where(x > 0, np.maximum(repeat, 0) / np.maximum(x, 1) / 100, 0.0)
        average = spending.expected(money.fit.values, np.where(mean > 0, x, 0.0), mean) * 100
        average = np.where(np.isfinite(average), average, 0.0)
        discounted = _discounted(ahead)[which]
        share = discounted / np.maximum(columns["expected_purchases"], 1e-300)
        columns |= {
            "average_amount": np.rint(average).astype(np.int64),
            "value": np.rint(discounted * average).astype(np.int64),
            "value_low": np.rint(low[which] * share * average).astype(np.int64),
            "value_high": np.rint(high[which] * share * average).astype(np.int64),
        }
    return pa.table(columns)


def _quantiles(ahead: _Forecast) -> tuple[np.ndarray, np.ndarray]:
    """5 % and 95 % of the purchases that may come, drawn in pieces so that memory stays small."""
    all_of, chance = ahead.histories, np.random.default_rng(SEED)
    low, high = np.empty(len(all_of.x), np.int64), np.empty(len(all_of.x), np.int64)
    for start in range(0, len(all_of.x), PIECE):
        part = slice(start, start + PIECE)
        piece = Histories(all_of.x[part], all_of.t_x[part], all_of.age[part], all_of.weight[part])
        drawn = np.sort(ahead.model.draw(ahead.values, piece, ahead.horizon_days / WEEK, DRAWS, chance), axis=1)
        low[part], high[part] = drawn[:, DRAWS * LOW // 100], drawn[:, DRAWS * HIGH // 100 - 1]
    return low, high


def _discounted(ahead: _Forecast) -> Floats:
    """Expected purchases of the horizon, those of each 30 days discounted to today from the middle of the 30 days."""
    none = np.zeros(len(ahead.histories.x))
    total, before, day = none, none, 0
    while day < ahead.horizon_days:
        following = min(day + STEP_DAYS, ahead.horizon_days)
        upto = ahead.model.expected(ahead.values, ahead.histories, following / WEEK)
        total = total + (upto - before) * (1 + ahead.yearly_discount) ** -((day + following) / 2 / 365)
        before, day = upto, following
    return total
