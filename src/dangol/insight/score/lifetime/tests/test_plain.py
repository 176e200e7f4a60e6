"""Lifetime value of a plain list of purchases."""

import csv
import json
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from dangol.base.errors import BadInput
from dangol.cli import main
from dangol.insight.score.lifetime import plain
from dangol.insight.score.lifetime.rules import valuation
from dangol.insight.score.lifetime.rules.buying import MODELS

FIRST = date(2025, 1, 1)


def shoppers(customers=400, seed=4):
    """Purchases over a year of customers who buy at their own rates until they leave."""
    chance = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day, rate, size = chance.uniform(0, 60), chance.gamma(1.2, 0.02), chance.gamma(5, 2_000)
        while day < 365:
            rows.append((f"C{customer:04}", FIRST + timedelta(days=int(day)), int(chance.gamma(4, size / 4))))
            if chance.random() < 0.08:
                break
            day += chance.exponential(1 / rate)
    return rows


def table(rows):
    return pa.table({
        "customer": [row[0] for row in rows], "day": pa.array([row[1] for row in rows], pa.date32()),
        "amount": pa.array([row[2] for row in rows], pa.int64()),
    })  # fmt: skip


def test_forecast_is_checked_on_what_came_later():
    found = plain.lifetime(table(shoppers()), calibration_end=FIRST + timedelta(days=240), horizon_days=120)
    assert found.reason == ""
    assert set(found.fits) == {"bg_nbd", "mbg_nbd", "pareto_nbd"}
    check = found.holdouts[found.model]
    assert check.forecast == pytest.approx(check.actual, rel=0.25)
    assert sum(one["customers"] for one in check.classes) == found.customers_seen
    rows = found.customers.to_pylist()
    assert all(0 <= row["p_alive"] <= 1 and row["purchases_low"] <= row["purchases_high"] for row in rows)
    assert all(row["value_low"] <= row["value_high"] for row in rows)


def test_order_of_rows_and_two_purchases_on_one_day_change_nothing():
    rows = shoppers(200)
    once = plain.lifetime(table(rows), model="bg_nbd")
    split = [(who, day, amount - 1) for who, day, amount in reversed(rows)] + [(who, day, 1) for who, day, _ in rows]
    again = plain.lifetime(table(split), model="bg_nbd")
    assert again.fits["bg_nbd"].values == pytest.approx(once.fits["bg_nbd"].values, rel=1e-6)
    assert sorted(again.customers["value"].to_pylist()) == sorted(once.customers["value"].to_pylist())


def test_time_unit_of_the_fit_does_not_move_the_parameters():
    rows = shoppers(300)
    found = plain.lifetime(table(rows), model="bg_nbd")
    fit = found.fits["bg_nbd"]
    _names, summary, _rhythm = plain.summaries(table(rows), valuation.Question(found.end, found.end, model="bg_nbd"))
    histories, _which = valuation.grouped(summary)
    assert MODELS["bg_nbd"].log_likelihood(fit.values, histories)[0] == pytest.approx(fit.log_likelihood, abs=1e-3)


def test_subscriptions_are_told_from_shopping():
    chance = np.random.default_rng(2)
    rows = [(f"S{n}", FIRST + timedelta(days=30 * month), 9_900)
            for n in range(300) for month in range(min(int(chance.geometric(chance.beta(1, 6))), 12))]  # fmt: skip
    found = plain.lifetime(table(rows))
    assert (found.model, found.chosen_by, found.period_days) == ("sbg", "rhythm", 30)
    gone = [row for row in found.customers.to_pylist() if (found.end - row["last_day"]).days > 45]
    assert gone
    assert {row["value"] for row in gone} == {0}


def test_a_rhythm_that_nobody_has_left_is_not_enough_to_tell_how_long_people_stay():
    days = [FIRST, FIRST + timedelta(days=30), FIRST + timedelta(days=60)]
    found = plain.lifetime(table([(f"C{n}", day, 100) for n in range(150) for day in days]))
    assert (found.reason, found.customers) == ("nobody_left", None)


def yearly(there):
    """One row a customer and year of those still there; there: customers by year."""
    return table([(f"S{n}", date(2000 + year, 1, 15), 100) for year, most in enumerate(there) for n in range(most)])


def test_contracts_agree_with_the_paper_and_a_renewal_counts_once_everybody_had_time_for_it():
    # Fader and Hardie 2007, customers of the tier "high end" still there after 0 to 7 years, and what they found
    there = (1000, 869, 743, 653, 593, 551, 517, 491)

    def fitted(years, end):
        return plain.lifetime(yearly(there[:years]), model="sbg", calibration_end=end).fits["sbg"]

    found = fitted(8, date(2007, 12, 31))
    assert found.values == pytest.approx([0.668, 3.806], abs=1e-3)
    assert found.log_likelihood == pytest.approx(-1611.2, abs=0.05)
    assert fitted(8, date(2007, 1, 15)).values == pytest.approx(fitted(7, date(2006, 12, 31)).values, rel=1e-5)


def test_too_little_is_an_answer_of_its_own():
    found = plain.lifetime(table(shoppers(20)))
    assert found.reason == "too_few_customers"
    assert found.customers is None
    single = plain.lifetime(table([(f"C{n}", FIRST, 100) for n in range(500)]))
    assert single.reason == "too_few_repeaters"


def test_unknown_model_and_senseless_horizon_are_refused():
    assert valuation.named("BG/NBD") == "bg_nbd"
    with pytest.raises(BadInput, match="no model"):
        plain.lifetime(table(shoppers(20)), model="crystal ball")
    with pytest.raises(BadInput, match="horizon"):
        plain.lifetime(table(shoppers(20)), horizon_days=0)


def test_command_reads_korean_headers_and_writes_the_table(tmp_path, capsys):
    path, out = tmp_path / "구매.csv", tmp_path / "가치.csv"
    with path.open("w", encoding="cp949", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["회원번호", "구매일", "결제금액"])
        writer.writerows((who, day.strftime("%Y-%m-%d"), amount) for who, day, amount in shoppers(200))
    assert main(["file", "ltv", str(path), "--model", "bg-nbd", "--calibration-end", "2025-09-30", "--horizon-days", "90",
                 "--json", "--out", str(out)]) == 0  # fmt: skip
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == "bg_nbd"
    assert set(answer["parameters"]) == {"r", "alpha", "a", "b"}
    assert answer["models"]["bg_nbd"]["holdout"]["actual_purchases"] > 0
    written = list(csv.DictReader(out.open(encoding="utf-8")))
    assert len(written) == answer["customers"]
    assert sum(float(row["value"]) for row in written) == pytest.approx(answer["totals"]["value"])


def test_a_calibration_outside_of_the_purchases_and_returns_alone_are_refused_with_what_to_do():
    rows = shoppers(20)
    for given, end in ((rows, FIRST - timedelta(days=1)), (rows, FIRST + timedelta(days=1200)),
                       ([(who, day, -amount) for who, day, amount in rows], None)):  # fmt: skip
        with pytest.raises(BadInput):
            plain.lifetime(table(given), calibration_end=end)
