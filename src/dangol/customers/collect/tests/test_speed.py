"""How many validated rows a second a load takes in, from the file to the visible batch."""

import random

import pytest

from dangol.customers.collect import actions
from dangol.work.actions import Quiet

LIMIT = 50_000
ROWS = 500_000


@pytest.mark.speed
def test_load_validates_at_least_fifty_thousand_rows_a_second(cast, tmp_path, capsys):
    dice = random.Random(1)
    path = tmp_path / "sales.csv"
    with path.open("w") as file:
        file.write("order_id,line_no,customer_key,product_key,sold_at,quantity,amount\n")
        file.writelines(
            f"{n // 3},{n % 3},C{dice.randrange(50_000)},P{dice.randrange(20_000)},2025-{n % 12 + 1:02d}-{n % 28 + 1:02d} "
            f"{n % 24:02d}:{n % 60:02d}:{n % 59:02d},{dice.randrange(1, 5)},{dice.randrange(1000, 90_000)}\n"
            for n in range(ROWS)
        )
    names = ("order_id", "line_no", "customer_key", "product_key", "sold_at", "quantity", "amount")
    actions.describe_source(by=cast.steward, code="s", kind="sales", reader="csv", mapping={n: n for n in names},
                            key=["order_id", "line_no"])  # fmt: skip
    made = actions.start_load(by=cast.steward, source_code="s", path=path)
    report = actions.run_load(Quiet(by=cast.steward), load_id=made)
    with capsys.disabled():
        rate = report["rows_per_second"]
        print(f"\nload: {rate:,} validated rows/s over {ROWS:,} rows ({rate / LIMIT:.1f} × the limit of {LIMIT:,})")
    assert report["loaded"] == ROWS
    assert rate >= LIMIT
