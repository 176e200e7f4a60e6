"""`dangol file ltv`: who is still alive, how often they will buy and what that is worth, from a plain list."""

import argparse
import json
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput

WHY = {
    "asked_for": "the model was asked for by name",
    "holdout": "BG/NBD, the simplest, unless another misses single customers of the hold-out by 2 % less",
    "bic": "BG/NBD, the simplest, unless the BIC of another is smaller by more than 6",
    "rhythm": "9 of 10 purchases keep to one rhythm, which reads as a contract",
}
WHY_NOT = {
    "too_few_customers": "a model needs at least 100 customers with a purchase",
    "too_few_repeaters": "a model needs at least 30 customers who bought on more than one day",
    "nobody_left": (
        "purchases keep to one rhythm like a contract, but fewer than 10 customers have stopped, so that how "
        "long people stay cannot be told"
    ),
}
MONEY = ("average_amount", "value", "value_low", "value_high")


def add(methods: Any) -> None:
    """Describe the method."""
    ltv = methods.add_parser(
        "ltv",
        help="lifetime value: probability of being active, expected purchases and value of every customer",
        description="Fits BG/NBD, MBG/NBD or Pareto/NBD (and Gamma-Gamma where there are amounts) by maximum "
        "likelihood. All purchases of a customer on one day are one purchase; a negative amount is a return. Parameters"
        " and log-likelihood are in weeks unless --time-unit says otherwise. Purchases that keep to a rhythm read as a "
        "contract: the shifted-beta-geometric model is used. Intervals: parameters 95 % by the curvature of the "
        "likelihood; P(alive) 95 % by the delta method; purchases and value 90 % of what may come (drawn).",
    )
    ltv.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV (UTF-8 or CP949) or Parquet")
    for name, text in (
        ("customer", "who bought"),
        ("date", "when"),
        ("amount", "for how much, or a product like Quantity * UnitPrice; else no value"),
    ):
        ltv.add_argument(f"--{name}", metavar="COLUMN", help=f"column: {text}")
    ltv.add_argument("--calibration-end", metavar="DATE",
                     help="last day the model sees; later purchases check its forecast (else: no check)")  # fmt: skip
    ltv.add_argument("--horizon-days", type=int, default=365, help="how far to look ahead (default: 365)")
    ltv.add_argument("--model", default="auto",
                     help="bg_nbd, mbg_nbd, pareto_nbd, sbg (contracts) or auto (default): the best")  # fmt: skip
    ltv.add_argument("--time-unit", default="week",
                     help="of parameters and log-likelihood: day, week (default) or month")  # fmt: skip
    ltv.add_argument("--discount", type=float, default=0.1, help="yearly discount rate of the value (default: 0.1)")
    ltv.add_argument("--out", type=Path, metavar="TABLE", help="write one row per customer (.csv or .parquet)")
    ltv.add_argument("--json", action="store_true", help="answer as JSON")
    ltv.set_defaults(run=run, needs_django=False)


def run(given: argparse.Namespace) -> int:
    """Run `dangol file ltv`."""
    from dangol.cli.file import no_set_up

    with no_set_up():
        answer = _ltv(given)
    print(json.dumps(answer, ensure_ascii=False, indent=1) if given.json else _in_words(answer))
    return 0


def _ltv(given: argparse.Namespace) -> dict[str, Any]:
    from dangol.cli import plain
    from dangol.cli.file import day, reasons, write
    from dangol.insight.score.lifetime import plain as lifetime
    from dangol.insight.score.lifetime.rules import valuation

    valuation.named(given.model)
    if given.out and given.out.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput("The table is written as .csv or .parquet: {path} is neither.", field="out", path=given.out)
    wanted = {name: getattr(given, name) for name in ("customer", "date", "amount")}
    read = plain.columns(given.files, wanted, optional=("amount",))
    if not read.table.num_rows:
        raise BadInput("No row can be used. {reasons}", field="file", reasons=reasons(read.refused))
    found = lifetime.lifetime(
        read.table, calibration_end=day(given.calibration_end, "calibration-end"), horizon_days=given.horizon_days,
        model=given.model, yearly_discount=given.discount, time_unit=given.time_unit,
    )  # fmt: skip
    if given.out and found.customers is not None:
        write(found.customers, given.out, MONEY)
    return _answer(found, read, given.time_unit)


def _answer(found: Any, read: Any, time_unit: str) -> dict[str, Any]:
    """The JSON answer: amounts in the file's own unit."""
    answer: dict[str, Any] = {
        "method": "ltv", "status": "not_enough_data" if found.reason else "fitted", "reason": found.reason,
        "why_not": WHY_NOT.get(found.reason, ""),
        "customers": found.customers_seen, "repeat_customers": found.repeaters,
        "calibration_end": found.end.isoformat(), "horizon_days": found.horizon_days, "time_unit": time_unit,
        "columns_used": read.used,
        "rows": {"read": read.read, "used": read.table.num_rows,
                 "rejected": sum(one.rows for one in read.refused.values())},
        "rejected": [{"reason": one.reason, "rows": one.rows, "first_lines": one.first_lines}
                     for one in read.refused.values() if one.rows],
    }  # fmt: skip
    if found.reason:
        return answer
    fit = found.fits[found.model]
    answer |= {
        "model": found.model, "chosen_by": found.chosen_by, "why": WHY[found.chosen_by], "parameters": fit.parameters,
        "intervals_95": fit.intervals, "log_likelihood": fit.log_likelihood, "converged": fit.converged,
        "models": {name: _model(one, found.holdouts.get(name)) for name, one in found.fits.items()},
        "rhythm": {"period_days": found.period_days, "regular_share": round(found.regular_share, 4)}
        if found.period_days
        else None,
        "spending": _spending(found), "totals": _totals(found.customers),
    }  # fmt: skip
    return answer


def _model(fit: Any, holdout: Any) -> dict[str, Any]:
    said = {"parameters": fit.parameters, "log_likelihood": fit.log_likelihood, "bic": float(fit.bic)}
    said["intervals_95"] = fit.intervals
    if holdout is not None:
        from dangol.cli.plain import MINOR_PER_MAJOR

        said["holdout"] = {
            "days": holdout.days, "forecast_purchases": holdout.forecast, "actual_purchases": holdout.actual,
            "total_error": holdout.total_error,
            "mean_absolute_error": holdout.mean_absolute, "root_mean_square_error": holdout.root_mean_square,
            "by_repeats": holdout.classes,
        }  # fmt: skip
        if holdout.amounts is not None:
            forecast, actual = (amount / MINOR_PER_MAJOR for amount in holdout.amounts)
            said["holdout"] |= {"forecast_amount": forecast, "actual_amount": actual}
    return said


def _spending(found: Any) -> dict[str, Any] | None:
    money = found.money
    if money.fit is None:
        return {"status": money.reason} if money.reason else None
    return {
        "model": "gamma_gamma", "parameters": money.fit.parameters, "intervals_95": money.fit.intervals,
        "log_likelihood": money.fit.log_likelihood, "correlation_with_frequency": round(money.correlation, 4),
    }  # fmt: skip


def _totals(customers: Any) -> dict[str, Any]:
    import pyarrow.compute as pc

    from dangol.cli.plain import MINOR_PER_MAJOR

    said = {"expected_active": float(pc.sum(customers["p_alive"]).as_py()),
            "expected_purchases": float(pc.sum(customers["expected_purchases"]).as_py())}  # fmt: skip
    if "value" in customers.column_names:
        said["value"] = pc.sum(customers["value"]).as_py() / MINOR_PER_MAJOR
    return said


def _percent(share: float | None) -> str:
    return "no share" if share is None else f"{share:+.1%}"


def _check_in_words(model: str, held: dict[str, Any]) -> str:
    return (f"Check of {model} over {held['days']} days: {held['forecast_purchases']:,.0f} purchases forecast, "
            f"{held['actual_purchases']:,} came ({_percent(held['total_error'])}); "
            f"off by {held['root_mean_square_error']:.3f} a customer")  # fmt: skip


def _in_words(answer: dict[str, Any]) -> str:
    """The answer for a person at a terminal."""
    from dangol.cli.file import left_out

    if answer["status"] != "fitted":
        return "\n".join([f"Not enough data: {answer['why_not']}.",
                          f"There are {answer['customers']:,} customers, {answer['repeat_customers']:,} came back.",
                          *left_out(answer["rejected"])])  # fmt: skip
    used = ", ".join(f"{name} = {header}" for name, header in answer["columns_used"].items())
    values = ", ".join(f"{name} {value:.4f}" for name, value in answer["parameters"].items())
    lines = [
        f"{answer['customers']:,} customers to {answer['calibration_end']}, {answer['repeat_customers']:,} came back",
        f"Columns: {used}",
        f"{answer['model']}: {values}",
        f"Why this model: {answer['why']}",
        f"Log-likelihood {answer['log_likelihood']:,.1f}",
    ]
    lines += [_check_in_words(name, one["holdout"]) for name, one in answer["models"].items() if "holdout" in one]
    totals = answer["totals"]
    lines.append(
        f"In the next {answer['horizon_days']} days: {totals['expected_purchases']:,.0f} purchases, "
        f"{totals['expected_active']:,.0f} customers still active"
        + (f", worth {totals['value']:,.2f} today" if "value" in totals else "")
    )
    if totals["expected_active"] > 0.999 * answer["customers"]:
        lines.append(
            "These purchases show hardly anybody leaving, so that all count as active: a longer time may tell more."
        )
    return "\n".join([*lines, *left_out(answer["rejected"])])
