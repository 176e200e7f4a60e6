import numpy as np
import pytest

from dangol.engine import fresh
from dangol.insight.score.groups import tables
from dangol.insight.score.groups.rules import clusters, scaling
from dangol.insight.score.groups.rules.features import feature
from dangol.insight.score.groups.tests import kinds
from dangol.insight.score.tests.purchases import LAST
from tests.engines import on_every_engine

NAMES = ("recency_days", "orders", "amount", "average_ticket", "discount_share", "interval_days", "tenure_days",
         "class:빵", "channel:web")  # fmt: skip


def by_hand(rows, days):
    """The features of each customer, line by line: the reference."""
    found = {}
    for customer in {row["customer_id"] for row in rows}:
        own = [row for row in rows if row["customer_id"] == customer]
        dates = sorted(row["day"] for row in own)
        inside = [row for row in own if (LAST - row["day"]).days < days]
        amount, off = sum(row["amount"] for row in inside), sum(row["discount"] for row in inside)
        none = None if not inside else 0
        found[customer] = (
            (LAST - dates[-1]).days, len(inside), amount, none if none is None else amount / len(inside),
            none if none is None else off / (amount + off),
            (dates[-1] - dates[0]).days / (len(own) - 1) if len(own) > 1 else None, (LAST - dates[0]).days,
            none if none is None else sum(row["amount"] for row in inside if row["product_key"] == "b") / amount,
            none if none is None else sum(row["amount"] for row in inside if row["channel"] == "web") / amount,
        )  # fmt: skip
    return found


@on_every_engine
def test_features_and_clusters_of_the_engine_equal_those_worked_out_by_hand():
    lines = kinds.lines(30)
    with fresh() as engine:
        found = engine.keep(tables.features(engine.memory(lines), engine.memory(kinds.PRODUCTS), LAST, 90, NAMES))
        rows = {row["customer_id"]: row for row in engine.arrow(found).to_pylist()}
        wanted = by_hand(lines.to_pylist(), 90)
        assert set(rows) == set(wanted)
        for customer, values in wanted.items():
            assert [rows[customer][feature(name).column] for name in NAMES] == pytest.approx(list(values), nan_ok=True)

        raw = np.array([[np.nan if one is None else one for one in values] for _id, values in sorted(wanted.items())])
        scales, _same = scaling.fit(NAMES, raw.astype(float))
        z = scaling.scaled(raw[:, [NAMES.index(one.name) for one in scales]].astype(float), scales)
        centres = clusters.found("mixture", z, 3, 1)
        told = engine.arrow(tables.clustered(found, scales, centres, [5, 6, 7])).to_pylist()
        codes = [row["code"] for row in sorted(told, key=lambda row: row["customer_id"])]
        assert codes == [5 + place for place in clusters.assigned(z, centres)]
        profile = {row["code"]: row for row in engine.arrow(
            tables.profile(tables.clustered(found, scales, centres, [5, 6, 7]), [one.name for one in scales])
        ).to_pylist()}  # fmt: skip
        assert profile[None]["customers"] == 30 == sum(row["customers"] for code, row in profile.items() if code)
        assert profile[None]["z_orders"] == pytest.approx(z[:, [one.name for one in scales].index("orders")].mean())
