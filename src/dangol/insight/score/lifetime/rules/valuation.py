"""From purchase summaries to lifetime values: fit, check, choose, forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dangol.base.errors import BadInput
from dangol.insight.score.lifetime.rules import buying, checking, contracts, fitting, spending
from dangol.insight.score.lifetime.rules.checking import Holdout
from dangol.insight.score.lifetime.rules.doubt import Together
from dangol.insight.score.lifetime.rules.forecast import WEEK, Forecast, Money
from dangol.insight.score.lifetime.rules.history import Floats, Histories

TIMES = ("alpha", "beta")  # parameters that are times
AUTO, CONTRACT = "auto", "sbg"
LONGEST_HORIZON_DAYS = 3_650
ROUGH = 12_000  # histories that stand for all while the top is sought
FEWEST_PAYING = 30


@dataclass(frozen=True)
class Question:
    """What is asked. end: the last day the models see; until: the last day with purchases (later ones check).

    period_days, regular_share: usual days between purchases and the share of times near it. with_amounts: whether
    purchases have amounts. yearly_discount: 0.1 makes a purchase in a year worth 1 / 1.1 of one today.
    Raises BadInput for unknown models and for horizons outside 1 day to 10 years.
    """

    end: date
    until: date
    horizon_days: int = 365
    model: str = AUTO
    yearly_discount: float = 0.1
    with_amounts: bool = True
    period_days: float = 0.0
    regular_share: float = 0.0

    def __post_init__(self) -> None:
        named(self.model)
        if not 1 <= self.horizon_days <= LONGEST_HORIZON_DAYS:
            raise BadInput("The horizon is 1 to {most} days.", field="horizon-days", most=LONGEST_HORIZON_DAYS)
        if not 0 <= self.yearly_discount < 10:
            raise BadInput("The discount is a yearly rate, like 0.1 for 10%.", field="discount")

    @property
    def held_days(self) -> int:
        """Days after the end that check the forecast."""
        return (self.until - self.end).days


@dataclass(frozen=True)
class Lifetime:
    """Lifetime values.

    period_days, regular_share: usual days between purchases and the share of times near it (0.9 reads as a contract);
    looked at where the model is not given by name.
    reason: why there is no model ("too_few_customers", ...), empty where there is one. fits: every model tried.
    customers: one row for each of the summaries, in their order: repeats, last_day, p_alive with low and high (95%, by
    the doubt about the parameters), expected_purchases with low and high (5% and 95% of what may come, that doubt
    included), average_amount, value with low and high (amounts in minor units, discounted); amounts only where given.
    together: how far off their sums may be, None under a contract.
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
    money: Money = field(default_factory=Money)
    customers: pa.Table | None = None
    together: Together | None = None


def named(text: str) -> str:
    """The model a user means: BG/NBD, bg-nbd and bgnbd are the same. Raises BadInput with the names there are."""
    bare = "".join(character for character in text.lower() if character.isalnum())
    known = {name.replace("_", ""): name for name in (*buying.MODELS, CONTRACT, AUTO)}
    if bare not in known:
        raise BadInput("There is no model “{model}”. Use one of: {known}.", field="model", model=text,
                       known=", ".join((*buying.MODELS, CONTRACT, AUTO)))  # fmt: skip
    return known[bare]


def value(rows: pa.Table, asked: Question) -> Lifetime:
    """Fit the models and say what each customer is worth. rows: as from tables.summaries."""
    found = chosen(rows, asked)
    if found.reason:
        return found
    if found.model == CONTRACT:
        return replace(found, customers=_under_contract(rows, asked, found.fits[CONTRACT]))
    histories, which = grouped(rows)
    fit = found.fits[found.model]
    ahead = Forecast(buying.MODELS[found.model], fit, histories, asked.horizon_days, asked.yearly_discount)
    figures = ahead.figures(which, *counts(rows), found.money)
    average = found.money.average(*counts(rows))
    return replace(found, customers=pa.table({"repeats": rows["x"], "last_day": rows["last"], **figures}),
                   together=ahead.together(which, average, found.money))  # fmt: skip


def chosen(rows: pa.Table, asked: Question) -> Lifetime:
    """Fit the models, check them on what came after the end, and choose one: no customer's figures yet."""
    wanted = named(asked.model)
    histories, which = grouped(rows)
    seen: dict[str, Any] = {
        "end": asked.end, "horizon_days": asked.horizon_days, "customers_seen": rows.num_rows,
        "repeaters": int(histories.repeaters), "period_days": asked.period_days, "regular_share": asked.regular_share,
    }  # fmt: skip
    reason = histories.too_little() if rows.num_rows else "too_few_customers"
    if reason:
        return Lifetime(reason=reason, **seen)
    if wanted == CONTRACT or (wanted == AUTO and contracts.contractual(asked.period_days, asked.regular_share)):
        if _silent(rows, asked.period_days).sum() < contracts.FEWEST_LEFT:
            return Lifetime(reason="nobody_left", **seen)
        why = "asked_for" if wanted == CONTRACT else "rhythm"
        return Lifetime(model=CONTRACT, chosen_by=why, fits={CONTRACT: _contract(rows, asked.period_days)}, **seen)
    money = paying(rows) if asked.with_amounts else Money(reason="no_amounts")
    fits, holdouts = judged(rows, asked, (histories, which), money)
    model, why = checking.choice(fits, holdouts) if wanted == AUTO else (wanted, "asked_for")
    return Lifetime(model=model, chosen_by=why, fits=fits, holdouts=holdouts, money=money, **seen)


def judged(
    rows: pa.Table, asked: Question, who: tuple[Histories, NDArray[np.intp]], money: Money
) -> tuple[dict[str, fitting.Fit], dict[str, Holdout]]:
    """The models asked for, fitted up to the end, and how each did afterwards. who: as from `grouped`."""
    histories, which = who
    wanted = named(asked.model)
    fits = {name: fitted(buying.MODELS[name], histories)
            for name in (buying.MODELS if wanted == AUTO else [wanted])}  # fmt: skip
    holdouts = {}
    for name, one in fits.items() if asked.held_days > 0 else ():
        expected = buying.MODELS[name].expected(one.values, histories, asked.held_days / WEEK)[which]
        holdouts[name] = _checked(rows, expected, who, asked.held_days, money)
    return fits, holdouts


def counts(rows: pa.Table) -> tuple[Floats, Floats]:
    """Repeat purchases and their amount (minor units) per customer."""
    x, repeat = (rows[name].to_numpy().astype(float) for name in ("x", "repeat"))
    return x, repeat


def grouped(rows: pa.Table) -> tuple[Histories, NDArray[np.intp]]:
    """The distinct histories, and for every customer which of them is theirs."""
    x, t_x, age = (rows[name].to_numpy() for name in ("x", "t_x", "age"))
    most_t, most_age = int(t_x.max(initial=0)) + 1, int(age.max(initial=0)) + 1
    codes, which, weight = np.unique((x * most_t + t_x) * most_age + age, return_inverse=True, return_counts=True)
    before, ages = np.divmod(codes, most_age)
    found, lasts = np.divmod(before, most_t)
    return Histories(found.astype(float), lasts / WEEK, ages / WEEK, weight.astype(float)), which


def fitted(model: buying.Buying, histories: Histories) -> fitting.Fit:
    """Fitted with time measured so that the longest age is 30 units: the exponents stay small, the top stays round."""
    scale = max(float(histories.age.max()) / 30, 1e-9)
    inner = Histories(histories.x, histories.t_x / scale, histories.age / scale, histories.weight)
    rough, _which = inner.coarse(ROUGH)
    found = fitting.fit(
        lambda p: model.log_likelihood(p, inner), model.parameters, [np.ones(len(model.parameters))],
        histories.customers, rough=None if rough is inner else lambda p: model.log_likelihood(p, rough),
    )  # fmt: skip
    return in_units(found, scale, float(histories.weight @ histories.x))


def in_units(found: fitting.Fit, scale: float, purchases: float) -> fitting.Fit:
    """The same fit with times in another unit: `scale` of it are one of the fit's.

    A density of purchases at known times carries a factor 1 / time for each of them.
    """
    times = np.array([scale if name in TIMES else 1.0 for name in found.names])
    total = found.log_likelihood - purchases * np.log(scale)
    return fitting.Fit(found.names, found.values * times, found.low * times, found.high * times, total,
                       found.customers, found.converged, found.covariance)  # fmt: skip


def _checked(
    rows: pa.Table, expected: Floats, who: tuple[Histories, NDArray[np.intp]], days: int, money: Money
) -> Holdout:
    histories, which = who
    later = rows["later"].to_numpy().astype(float)
    amounts = None
    if money.fit is not None:
        amounts = round(float(expected @ money.average(*counts(rows)))), int(rows["later_amount"].to_numpy().sum())
    return checking.holdout(expected, (histories, which), later, days, amounts)


def paying(rows: pa.Table) -> Money:
    """The Gamma-Gamma model over customers with repeat purchases of some worth, in major units of a hundred."""
    x, repeat = counts(rows)
    worth = (x > 0) & (repeat > 0)
    if worth.sum() < FEWEST_PAYING:
        return Money(reason="too_few_repeaters")
    data = spending.Spendings(x[worth], repeat[worth] / x[worth] / 100)
    typical = float(data.mean.mean())
    scaled = spending.Spendings(data.x, data.mean / typical)
    found = fitting.fit(lambda p: spending.log_likelihood(p, scaled), spending.PARAMETERS,
                        [np.array([1.0, 2.0, 1.0]), np.array([6.0, 4.0, 0.5])], float(worth.sum()))  # fmt: skip
    factor = np.array([1.0, 1.0, typical])
    total = found.log_likelihood - len(data.x) * np.log(typical)
    found = fitting.Fit(found.names, found.values * factor, found.low * factor, found.high * factor, total,
                        found.customers, found.converged, found.covariance)  # fmt: skip
    return Money(found, "", data.correlation)


def _silent(rows: pa.Table, period: float) -> NDArray[np.bool_]:
    """Who let one and a half periods pass has left."""
    return np.asarray((rows["age"].to_numpy() - rows["t_x"].to_numpy()) > 1.5 * period)


def _contract(rows: pa.Table, period: float) -> fitting.Fit:
    """The model over the renewals that are decided: half a period after one was due, for who renewed as for who left.

    Else the last period would count who renews at once, but nobody who may yet.
    """
    x, silent = rows["x"].to_numpy().astype(float), _silent(rows, period)
    since = rows["age"].to_numpy() - rows["t_x"].to_numpy()
    data = contracts.Tenures(np.maximum(x - (since < 0.5 * period), 0) + silent, silent, np.ones(len(x)))
    return fitting.fit(lambda p: contracts.log_likelihood(p, data), contracts.PARAMETERS, [np.ones(2)], float(len(x)))


def _under_contract(rows: pa.Table, asked: Question, found: fitting.Fit) -> pa.Table:
    """Customers of a contract: those who have left, and the others, who may renew."""
    x, repeat = counts(rows)
    period, silent = asked.period_days, _silent(rows, asked.period_days)
    ahead, rate = max(int(asked.horizon_days / period), 1), (1 + asked.yearly_discount) ** (period / 365) - 1
    renewals = np.where(silent, 0.0, contracts.expected_renewals(found.values, x, ahead, 0.0))
    columns: dict[str, Any] = {
        "repeats": rows["x"], "last_day": rows["last"], "p_alive": np.where(silent, 0.0, 1.0),
        "expected_purchases": renewals,
    }  # fmt: skip
    if asked.with_amounts:
        mean = repeat / np.maximum(x, 1)
        known = np.where(x > 0, mean, mean[x > 0].mean() if (x > 0).any() else 0.0)
        worth = np.where(silent, 0.0, contracts.expected_renewals(found.values, x, ahead, rate)) * known
        columns |= {"average_amount": np.rint(known).astype(np.int64), "value": np.rint(worth).astype(np.int64)}
    return pa.table(columns)
