"""Lifetime value: the model in words and pictures, how good it is, and who is slipping away."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.base.errors import NotFound
from dangol.base.money import currency, to_major
from dangol.insight.score import reads as score
from dangol.insight.score.lifetime import reads
from dangol.insight.score.lifetime.reads import Overview
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.insight import charts
from dangol.web.segments import making
from dangol.web.shell import Request, address, page
from dangol.web.templatetags.dangol import day

MODEL_NAMES = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD", "sbg": "sBG"}
REASONS = {
    "too_few_customers": gettext_lazy("A model needs at least 100 customers with a purchase."),
    "too_few_repeaters": gettext_lazy("A model needs at least 30 customers who bought on more than one day."),
    "nobody_left": gettext_lazy(
        "Purchases keep to one rhythm like a contract, but fewer than 10 customers have stopped: how long people stay "
        "cannot be told yet."
    ),
    "no_purchases": gettext_lazy("There are no purchases yet."),
}
WHY = {
    "asked_for": gettext_lazy("The setting lifetime_model names it."),
    "holdout": gettext_lazy(
        "BG/NBD, the simplest, is taken unless another model misses single customers of the check by at least 2% less."
    ),
    "bic": gettext_lazy(
        "The data are too short for a check, so the information criterion (BIC) decides: BG/NBD, the simplest, unless "
        "another is smaller by more than 6."
    ),
    "rhythm": gettext_lazy("Nine of ten purchases keep to one rhythm, which reads as a contract."),
}
AT_RISK_SHOWN = 20
WEEK_DAYS = 7


@page(Right.INSIGHT_VIEW)
def lifetime(request: Request) -> HttpResponse:
    """Everything about lifetime value on one page."""
    try:
        found = reads.overview(request.user)
    except NotFound:
        return render(request, "insight/lifetime/page.html", {"nothing": True, "sources_url": address("sources:list")})
    context: dict[str, Any] = {"found": found, "facts": found.facts, "why_not": REASONS.get(found.reason, "")}
    if not found.reason:
        context |= _model(found) | _pictures(found) | _risk(request, found.as_of)
    return render(request, "insight/lifetime/page.html", context)


def _model(found: Overview) -> dict[str, Any]:
    fit = found.facts["fits"][found.model]
    check = found.holdout
    return {
        "name": MODEL_NAMES[found.model], "why": WHY[found.chosen_by], "said": _in_words(found),
        "parameters": _parameters("", fit) + _parameters("Gamma-Gamma ", found.facts["spending"]),
        "models": [{"name": MODEL_NAMES[name], "here": name == found.model, "bic": tried["bic"],
                    "check": found.facts["holdouts"].get(name)} for name, tried in found.facts["tried"].items()],
        "check": check, "check_error": _error(check), "totals": found.facts["totals"],
        "classes": [{"label": _class(one), **one} for one in check["classes"]] if check else [],
        "ranges": _ranges(found), "past": _past(found),
        "active_share": found.facts["totals"]["alive"] / found.customers if found.customers else None,
    }  # fmt: skip


def _ranges(found: Overview) -> dict[str, Any]:
    """The 90% intervals of the sums, and which share of them is doubt about the parameters; empty under a contract."""
    off, totals = found.facts.get("together"), found.facts["totals"]
    if not off:
        return {}
    ends = {name: (max(totals[name] - off[name], 0.0), totals[name] + off[name])
            for name in ("alive", "purchases", "value") if totals[name] is not None}  # fmt: skip
    ends["alive"] = (ends["alive"][0], min(ends["alive"][1], found.customers))
    return {name: (round(low), round(high)) for name, (low, high) in ends.items()} | {
        "of_one": off["of_one"], "of_all": off["of_all"]}  # fmt: skip


def _past(found: Overview) -> dict[str, Any]:
    """The models of the days before, newest first: a column for each parameter of the model in force."""
    names, rows = list(found.parameters), []
    for one in reversed(found.facts.get("past", [])):
        values = [one["parameters"].get(name) if one["model"] == found.model else None for name in names]
        rows.append({"day": date.fromisoformat(one["as_of"]), "model": MODEL_NAMES[one["model"]], "values": values,
                     "error": one["error"], "customers": one["customers"]})  # fmt: skip
    return {"names": names, "rows": rows} if len(rows) > 1 else {}


def _parameters(lead: str, fit: Any) -> list[dict[str, Any]]:
    """The rows of the table of parameters; none where there is no fit."""
    if not fit:
        return []
    return [{"name": lead + name, "value": value, "low": fit["intervals"][name][0], "high": fit["intervals"][name][1]}
            for name, value in fit["parameters"].items()]  # fmt: skip


def _error(check: Any) -> float | None:
    return check["forecast"] / check["actual"] - 1 if check and check["actual"] else None


def _class(one: Any) -> str:
    """Repeat purchases of a class: 3, 20–39, 140+."""
    if "upto" not in one:
        return f"{one['repeats']}+"
    return str(one["repeats"]) if one["upto"] == one["repeats"] else f"{one['repeats']}–{one['upto']}"


def _in_words(found: Overview) -> dict[str, Any]:
    """What the parameters mean: days between purchases, share that leaves, usual amount (minor units)."""
    given, said = found.parameters, {}
    if "r" in given:
        said["days_between"] = WEEK_DAYS * given["alpha"] / given["r"]
        if "a" in given:
            said["leave_per_purchase"] = given["a"] / (given["a"] + given["b"])
        else:
            said["leave_per_week"] = given["s"] / given["beta"]
    else:
        said["renew"] = given["beta"] / (given["alpha"] + given["beta"])
        said["period"] = found.facts["period_days"]
    money = found.facts["spending"]
    if money and money["parameters"]["q"] > 1:
        amounts = money["parameters"]
        said["amount"] = round(100 * amounts["p"] * amounts["gamma"] / (amounts["q"] - 1))
    return said


def _pictures(found: Overview) -> dict[str, Any]:
    weeks, repeats, months = _weeks(found), _repeats(found), _months(found)
    alive = [{"share": f"{10 * place}–{10 * place + 10} %", "customers": count or 0}
             for place, count in enumerate(found.alive)]  # fmt: skip
    tenths = _tenths(found)
    return {
        "weeks": weeks, "weeks_chart": charts.expected_and_actual_over_time(weeks, found.checked_from),
        "repeats": repeats, "repeats_chart": charts.expected_and_actual_by_class(repeats),
        "months": months, "months_chart": charts.value_over_time(months, currency(settings.DANGOL.currency).sign),
        "alive": alive, "alive_chart": charts.by_probability(alive), "tenths": tenths,
        "tenths_chart": charts.share_by_tenth(tenths), "best_share": tenths[0]["share"] if tenths else None,
        "columns": _columns(),
    }  # fmt: skip


def _weeks(found: Overview) -> list[dict[str, Any]]:
    return [
        {"day": found.first_day + timedelta(days=WEEK_DAYS * int(one["week"]) - 1),
         "expected": round(one["expected"]), "actual": round(one["actual"])}
        for one in found.facts["weeks"]
    ]  # fmt: skip


def _repeats(found: Overview) -> list[dict[str, Any]]:
    return [{"repeats": _class(one), "expected": round(one["expected"]), "actual": round(one["actual"])}
            for one in found.facts["repeats"]]  # fmt: skip


def _months(found: Overview) -> list[dict[str, Any]]:
    """The month ends and, last, today; empty where no month has ended yet."""
    facts, unit = found.facts, currency(settings.DANGOL.currency)
    now = {"as_of": found.as_of.isoformat(), "customers": found.customers, "alive": facts["totals"]["alive"],
           "value": facts["totals"]["value"] or 0}  # fmt: skip
    every = [*facts["months"], now] if facts["months"] else []
    labels = charts.month_labels([date.fromisoformat(one["as_of"]) for one in every])
    return [{"month": label, "alive": round(one["alive"]), "value": one["value"], "customers": one["customers"],
             "major": float(to_major(one["value"], unit))}
            for label, one in zip(labels.values(), every, strict=True)]  # fmt: skip


def _tenths(found: Overview) -> list[dict[str, Any]]:
    """Tenths of the customers by value; empty where there is no value."""
    parts = found.facts["values"]
    total = sum(one["value"] for one in parts)
    return [{"tenth": str(place), "customers": one["customers"], "value": one["value"],
             "share": one["value"] / total, "least": one["least"]}
            for place, one in enumerate(parts, start=1) if total]  # fmt: skip


def _columns() -> dict[str, list[tuple[str, str, str]]]:
    """The tables below the charts."""
    compared = [("expected", _("Expected"), "number"), ("actual", _("Actual"), "number")]
    return {
        "weeks": [("day", _("Week to"), "day"), *compared],
        "repeats": [("repeats", _("Repeat purchases"), "text"), *compared],
        "months": [("month", _("Month"), "text"), ("customers", _("Customers"), "number"),
                   ("alive", _("Still active"), "number"), ("value", _("Value today"), "money")],
        "alive": [("share", _("Probability of being active"), "text"), ("customers", _("Customers"), "number")],
        "tenths": [("tenth", _("Tenth of the customers"), "text"), ("customers", _("Customers"), "number"),
                   ("least", _("Value at least"), "money"), ("value", _("Value today"), "money"),
                   ("share", _("Share"), "percent")],
    }  # fmt: skip


def _risk(request: Request, as_of: date) -> dict[str, Any]:
    """Who is slipping away: by RFM segment for a campaign, and one by one for those who may see customers."""
    by = request.user
    try:
        names = score.strategies()
        segments = [{"risk": one, "name": names[one.segment].name, "aim": names[one.segment].aim}
                    for one in reads.risk_by_segment(by)]  # fmt: skip
    except NotFound:
        segments = []
    name = " · ".join([_("Slipping away"), day(as_of)])
    return {
        "segments": segments, "smallest": score.SMALL_GROUP,
        "plan_url": address("campaigns:draft") if may(by, Right.CAMPAIGNS_PLAN) else "",
        "may_see": may(by, Right.CUSTOMERS_VIEW),
        "at_risk": reads.at_risk(by, limit=AT_RISK_SHOWN) if may(by, Right.CUSTOMERS_VIEW) else [],
    } | making.form(request, reverse("insight:lifetime_segment"), name)  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("POST",))
def segment(request: Request) -> HttpResponse:
    """Make a segment of everybody whose value is at risk, also those beyond the list."""
    return making.make(
        request, reads.at_risk_ids(request.user), origin=" · ".join([_("Lifetime value"), _("Slipping away")]),
        back=reverse("insight:lifetime"),
    )  # fmt: skip
