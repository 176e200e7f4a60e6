import json
from datetime import date

import pyarrow as pa
import pytest

from dangol.customers.identify.linkage import actions
from dangol.work.actions import Quiet
from tests.speed import people


@pytest.fixture
def customers():
    """Customers as identify.reads gives them, from generated people."""
    made = people.table(400)
    names = [name.replace(" ", "").removesuffix("님").removesuffix("씨") for name in made["name"].to_pylist()]
    born = [None if text is None else text.replace(".", "-") for text in made["birth"].to_pylist()]
    born = [
        text if text is None or "-" in text else date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
        for text in born
    ]
    phones = [
        None if text is None else "+8210" + "".join(c for c in text if c.isdigit())[-8:]
        for text in made["phone"].to_pylist()
    ]
    return pa.table({
        "customer_id": pa.array(range(1001, 1401), pa.int64()), "name": names, "family": [name[:1] for name in names],
        "first": [name[1:] for name in names], "phone_e164": phones, "email": made["email"], "birth": born,
        "birth_year": pa.array([None if text is None else int(text[:4]) for text in born], pa.int32()),
        "gender": [{"남": "M", "M": "M", "여": "F", "F": "F"}.get(text) for text in made["gender"].to_pylist()],
        "address": made["address"], "postcode": made["postcode"], "source": ["shop"] * 400,
    })  # fmt: skip


class Taken:
    """A stand-in for what takes over the pairs: it remembers them."""

    def __init__(self):
        self.pairs, self.homes = [], []

    def propose(self, pairs):
        self.pairs.append(pairs)
        return {
            "merged": pairs["verdict"].to_pylist().count("sure"),
            "queued": pairs["verdict"].to_pylist().count("doubtful"),
        }

    def settle(self, homes):
        self.homes.append(homes)
        return {"noted": homes.num_rows, "removed": 0}


def find(taken, table, **how):
    return actions.find(Quiet(), people=lambda: table, propose=taken.propose, settle=taken.settle, **how)


def test_pairs_come_with_verdict_and_a_waterfall_without_personal_values(customers):
    taken = Taken()
    report = find(taken, customers)
    [pairs] = taken.pairs
    assert report["sure"] == report["merged"] > 45
    assert report["households"] > 10
    assert pairs.schema == actions.PROPOSED
    row = pairs.to_pylist()[0]
    assert row["left"] < row["right"]
    assert row["left"] > 1000
    said = json.loads(row["evidence"])
    assert {"field", "level", "weight"} == set(said["terms"][0])
    total = said["prior"] + sum(term["weight"] for term in said["terms"])
    assert 1 / (1 + 2**-total) == pytest.approx(row["probability"], abs=1e-3)
    values = {text for name in ("name", "email", "phone_e164") for text in customers[name].to_pylist() if text}
    assert not any(value in text for text in pairs["evidence"].to_pylist()[:50] for value in values)


def test_only_what_is_new_or_changed_is_compared_again(customers):
    taken = Taken()
    find(taken, customers.slice(0, 320))
    report = find(taken, customers)
    assert report["fresh"] == 80
    new = set(customers["customer_id"].to_pylist()[320:])
    assert all(row["left"] in new or row["right"] in new for row in taken.pairs[1].to_pylist())
    assert find(taken, customers)["fresh"] == 0
