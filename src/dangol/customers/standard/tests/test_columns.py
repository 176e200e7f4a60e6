"""Standard forms of whole columns."""

from datetime import date

import pyarrow as pa
import pytest

from dangol.base.errors import BadInput
from dangol.customers.standard import reads, rules
from tests.speed.standard import people

TODAY = date(2026, 11, 23)


def test_columns_say_what_the_rules_say_of_each_text():
    table = people(300)
    done = reads.columns(table, {name: name for name in table.column_names}, today=TODAY).to_pylist()
    for given, row in zip(table.to_pylist(), done, strict=True):
        name, number, place = (
            rules.person_name(given["name"]),
            rules.phone(given["phone"]),
            rules.address(given["address"]),
        )
        born = rules.birth(given["birth"], today=TODAY)
        assert (row["name_standard"], row["name_family"], row["name_key"]) == (name.standard, name.family, name.key)
        assert (row["phone_e164"], row["phone_tail"], row["phone_kind"]) == (number.e164, number.tail, number.kind)
        assert row["email_standard"] == rules.email(given["email"])
        assert all(row[f"address_{part}"] == getattr(place, part) for part in reads.ADDRESS_PARTS)
        assert (row["birth_day"], row["birth_year"], row["birth_lunar"]) == (born.day, born.year, born.lunar)
        assert row["gender_standard"] == rules.gender(given["gender"])


def test_empty_columns_and_missing_values_are_nothing_known():
    table = pa.table({"tel": pa.array([None, ""], pa.string()), "born": pa.array([None, 1988], pa.int64())})
    done = reads.columns(table, {"phone": "tel", "birth": "born"})
    assert done["phone_e164"].to_pylist() == ["", ""]
    assert done["birth_year"].to_pylist() == [None, 1988]
    empty = reads.columns(table.slice(0, 0), {"address": "tel"})
    assert empty.num_rows == 0
    assert empty["address_sido"].type == pa.string()
    with pytest.raises(BadInput):
        reads.columns(table, {"salary": "tel"})
    with pytest.raises(BadInput):
        reads.columns(table, {"phone": "nowhere"})
