import pyarrow as pa
import pytest

from dangol.customers.identify.linkage import preparing
from dangol.customers.identify.linkage.rules import values
from dangol.customers.identify.linkage.rules.kinds import Kind, of_header, propose
from tests.speed import people


@pytest.fixture(scope="module")
def korean():
    return people.table(600).drop_columns(["truth", "household"])


def test_what_columns_hold_is_seen_from_the_values_when_headers_say_nothing(korean):
    renamed = korean.rename_columns([f"f{n}" for n in range(korean.num_columns)])
    [fields] = preparing.proposed([preparing.texts(renamed)], {})
    names = dict(zip(renamed.column_names, korean.column_names, strict=True))
    assert {kind: names[header] for kind, header in fields.items()} == {
        "name": "name", "phone": "phone", "email": "email", "birth": "birth", "gender": "gender", "address": "address",
        "postcode": "postcode"}  # fmt: skip


@pytest.mark.parametrize(
    ("header", "kind"),
    [("성명", Kind.NAME), ("고객 이름", Kind.NAME), ("휴대폰 번호", Kind.PHONE), ("E-Mail", Kind.EMAIL), ("생년월일", Kind.BIRTH),
     ("우편번호", Kind.POSTCODE), ("도로명주소", Kind.ADDRESS), ("date_of_birth", Kind.BIRTH), ("Last Name", Kind.FAMILY),
     ("forename", Kind.GIVEN), ("address_2", Kind.ADDRESS), ("soc_sec_id", Kind.CODE), ("customer_id", Kind.SKIP),
     ("가입일", Kind.SKIP), ("zip code", Kind.POSTCODE), ("prov", Kind.REGION)],
)  # fmt: skip
def test_headers_name_kinds_in_korean_and_english(header, kind):
    assert of_header(header) is kind


def test_a_column_of_keys_of_rows_is_never_compared():
    keys = [f"rec-{n}-org" for n in range(500)]
    assert propose("rec_id", keys, rows=500, distinct=500, filled=500) is Kind.SKIP
    assert propose("x1", [str(100_000 + n) for n in range(500)], rows=500, distinct=500, filled=500) is Kind.SKIP


def test_a_mapping_by_hand_wins_and_a_field_can_be_left_out():
    table = preparing.texts(pa.table({"a": ["김민수", "이지은"], "phone": ["010-1234-5678", "010-1111-2345"]}))
    assert preparing.proposed([table], {"name": "a", "phone": ""}) == [{"name": "a"}]


@pytest.mark.parametrize(
    ("text", "month_first", "day"),
    [("1990-03-04", False, "19900304"), ("19900304", False, "19900304"), ("4/3/1990", False, "19900304"),
     ("3/4/1990", True, "19900304"), ("25.3.1990", True, "19900325"), ("1990년 3월 4일", False, "19900304"),
     ("4 mar 1990", False, "19900304"), ("march 4, 1990", False, "19900304"), ("04031990", False, "19900304"),
     ("900304", False, "19900304"), ("1990-03-04 00:00:00", False, "19900304"), ("soon", False, None)],
)  # fmt: skip
def test_days_of_birth_are_read_in_every_usual_writing(text, month_first, day):
    assert values.birth(text, month_first=month_first) == day


def test_names_are_split_as_each_script_writes_them():
    assert values.split_name("남궁 민수님") == ("남궁", "민수")
    assert values.split_name("김 민") == ("김", "민")
    assert values.split_name("smith, john a.") == ("smith", "john")
    assert values.split_name("mr. john smith") == ("smith", "john")


def test_telephones_are_the_same_however_they_are_written():
    said = ["010-1234-5678", "01012345678", "+82 10-1234-5678", "1012345678", "(010) 1234.5678"]
    assert {values.phone(text)[""] for text in said} == {"01012345678"}
    assert values.phone("010-0000-0000")[""] is None
