"""Standard forms: what is recognised, what is refused, and what holds for any text."""

from datetime import date

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.customers.standard import rules
from dangol.customers.standard.rules import addresses, phones

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "standard", "family", "first"),
    [
        ("김민아", "김민아", "김", "민아"),
        ("김 민 아", "김민아", "김", "민아"),
        ("민아 김?", "김민아", "김", "민아"),
        ("김민아 고객님", "김민아", "김", "민아"),
        ("김민아님", "김민아", "김", "민아"),
        ("김민아 대리", "김민아", "김", "민아"),
        ("최은경 사모님", "최은경", "최", "은경"),
        ("김민아(VIP)", "김민아", "김", "민아"),
        ("김민아2", "김민아", "김", "민아"),
        ("남궁민", "남궁민", "남궁", "민"),
        ("황보 라미", "황보라미", "황보", "라미"),
        ("선우", "선우", "선", "우"),
        ("이원", "이원", "이", "원"),
        ("Mina Kim", "Mina Kim", "Kim", "Mina"),
        ("KIM MINA", "Mina Kim", "Kim", "Mina"),
        ("Kim, Mina", "Mina Kim", "Kim", "Mina"),
        ("Ｍｉｎａ　Ｋｉｍ", "Mina Kim", "Kim", "Mina"),
        ("mr. john smith jr.", "John Smith", "Smith", "John"),
        ("Ronald McDonald", "Ronald McDonald", "McDonald", "Ronald"),
        ("스티브 잡스", "스티브 잡스", "잡스", "스티브"),
    ],
)
def test_names_come_in_one_form(text, standard, family, first):
    found = rules.person_name(text)
    assert (found.standard, found.family, found.first, found.kind) == (standard, family, first, "person")


def test_a_name_has_one_key_in_both_scripts():
    assert len({rules.person_name(text).key for text in ("이수진", "Lee Soo-jin", "SUJIN YI", "Rhee, Su Jin")}) == 1
    assert len({rules.person_name(text).key for text in ("박영우", "Park Young Woo", "Yeongu Bak")}) == 1
    assert rules.person_name("김민아").key != rules.person_name("김미나").key + "x"
    assert rules.person_name("김민아").key != rules.person_name("이민아").key


@pytest.mark.parametrize(
    ("text", "kind", "standard"),
    [
        ("㈜한빛화장품", "company", "(주)한빛화장품"),
        ("한빛화장품 주식회사", "company", "(주)한빛화장품"),
        ("Hanbit Co., Ltd.", "company", "Hanbit Co., Ltd."),
        ("ㅁㄴㅇㄹ", "test", "ㅁㄴㅇㄹ"),
        ("홍길동", "test", "홍길동"),
        ("test", "test", "test"),
        ("a", "test", "a"),
        ("김", "partial", "김"),
        ("박대리", "partial", "박"),
        ("김*아", "masked", "김*아"),
        ("", "", ""),
    ],
)
def test_what_is_no_person_is_said(text, kind, standard):
    found = rules.person_name(text)
    assert (found.kind, found.standard, found.key) == (kind, standard, "")


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("010-1234-5678", "+821012345678", "mobile"),
        ("1012345678", "+821012345678", "mobile"),
        ("+82 (0)10-1234-5678", "+821012345678", "mobile"),
        ("0082 10 1234 5678", "+821012345678", "mobile"),
        ("82-10-1234-5678", "+821012345678", "mobile"),
        ("０１０－１２３４－５６７８", "+821012345678", "mobile"),
        ("011-234-5678", "+82112345678", "mobile"),
        ("02) 555-0123", "+8225550123", "landline"),
        ("031-123-4567", "+82311234567", "landline"),
        ("311234567", "+82311234567", "landline"),
        ("070-1234-5678", "+827012345678", "internet"),
        ("0505-123-4567", "+825051234567", "safe"),
        ("1588-1234", "+8215881234", "service"),
        ("080-123-4567", "+82801234567", "service"),
        ("+1 650 253 0000", "+16502530000", "foreign"),
        ("집 02-555-0123 / 010-1111-2222", "+8225550123", "landline"),
        ("123-45, 010-1111-2222", "+821011112222", "mobile"),
        ("02-555-0123~5", "+8225550123", "landline"),
        ("0131234567", "", ""),
        ("010-1234-567", "", ""),
        ("2123-4567", "", ""),
        ("16502530000", "", ""),
        ("전화 없음", "", ""),
    ],
)
def test_numbers_have_one_form_and_the_original_is_kept(text, e164, kind):
    found = rules.phone(text)
    assert (found.given, found.e164, found.kind) == (rules.cleaned(text), e164, kind)


def test_an_extension_is_told_apart_and_the_tail_is_the_number_s():
    found = rules.phone("02-555-0123 내선 12")
    assert (found.e164, found.tail, found.extension) == ("+8225550123", "0123", "12")


@given(st.from_regex(phones.SURE, fullmatch=True).filter(str.isascii))
@settings(max_examples=300, deadline=None)
def test_what_is_decided_at_a_glance_the_numbering_plans_call_valid(digits):
    number = phonenumbers.parse(digits, "KR")
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == rules.phone(digits).e164


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        (" Mina@Example.COM.", "mina@example.com"),
        ("mailto:mina@naver.com", "mina@naver.com"),
        ("Mina <mina@naver.com>", "mina@naver.com"),
        ("ｍｉｎａ＠ｎａｖｅｒ．ｃｏｍ", "mina@naver.com"),
        ("mina @ naver.com", "mina@naver.com"),
        ("a@b.kr; c@d.kr", "a@b.kr"),
        ("mina@한글.kr", "mina@xn--bj0bj06e.kr"),
        ("a@b.kr\r\nBcc: c@d.kr", ""),
        ("a\u2028@b.kr", ""),
        ('"b\r\nRCPT TO:<evil@x.kr>"@x.kr', ""),
        ('"a b"@c.kr', ""),
        ("a..b@c.kr", ""),
        ("a@b", ""),
        ("없음", ""),
        ("a" * 65 + "@b.kr", ""),
    ],
)
def test_mailboxes_have_one_form_or_none(text, standard):
    assert rules.email(text) == standard


def test_a_slip_in_a_domain_is_suggested_and_never_changed():
    assert rules.email("a@gmial.com") == "a@gmial.com"
    assert rules.email_suggestion("a@gmial.com") == "a@gmail.com"
    assert rules.email_suggestion("a@hanmail.com") == "a@hanmail.net"
    assert rules.email_suggestion("a@naver.co") == "a@naver.com"
    assert rules.email_suggestion("a@naver.com") == rules.email_suggestion("a@hanbit.example") == ""


ROAD = "서울특별시 강남구 역삼로 12, 101동 202호 (역삼동, 한빛아파트)"


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("서울 강남구 역삼로 12 (역삼동, 한빛아파트) 101동202호", ROAD),
        ("서울시강남구역삼로12 한빛아파트 제101동 제202호(역삼동)", ROAD),
        ("(06236) 서울시 강남구 역삼로 12, 101-202 (역삼동, 한빛아파트)", ROAD),
        ("경기 성남시분당구 판교역로 166 B1층", "경기도 성남시 분당구 판교역로 166, 지하1층"),
        ("인천 미추홀구 인하로 100번길 23-4", "인천광역시 미추홀구 인하로100번길 23-4"),
        ("대구 중구 중앙대로 지하 424", "대구광역시 중구 중앙대로 지하424"),
        ("서울 서대문구 4.19로 12", "서울특별시 서대문구 4.19로 12"),
        ("서울 강남구 역삼동 12번지 3호", "서울특별시 강남구 역삼동 12-3"),
        ("남양주시 와부읍 덕소리 산 12-3", "남양주시 와부읍 덕소리 산12-3"),
        ("경기도 남양주시 와부읍 덕소로 12 (덕소리)", "경기도 남양주시 와부읍 덕소로 12 (덕소리)"),
        ("강원도 춘천시 중앙로 1", "강원특별자치도 춘천시 중앙로 1"),
        ("전라북도 전주시 완산구 효자동1가 1", "전북특별자치도 전주시 완산구 효자동1가 1"),
        ("광주시 북구 용봉로 77", "광주광역시 북구 용봉로 77"),
        ("광주시 오포읍 신현리 12", "경기도 광주시 오포읍 신현리 12"),
        ("세종시 조치원읍 신흥리 12", "세종특별자치시 조치원읍 신흥리 12"),
        ("101동 202호 서울 강남구 역삼로 12", "서울특별시 강남구 역삼로 12, 101동 202호"),
        ("1600 Amphitheatre Pkwy,Mountain View, CA 94043", "1600 Amphitheatre Pkwy, Mountain View, CA 94043"),
        ("주소 없음", "주소 없음"),
    ],
)
def test_addresses_have_one_form(text, standard):
    assert rules.address(text).standard == standard


def test_an_address_is_taken_apart():
    found = rules.address("06236 서울 강남구 역삼로12길 5, 101동 202호 (역삼동, 한빛아파트)")
    assert (found.sido, found.sigungu, found.dong, found.road) == ("서울특별시", "강남구", "역삼동", "역삼로12길")
    assert (found.building_no, found.building, found.detail, found.postcode) == (
        "5",
        "한빛아파트",
        "101동 202호",
        "06236",
    )
    old = rules.address("135-080 서울 강남구 역삼동 산 12-3")
    assert (old.postcode, old.old_postcode, old.lot_no, old.dong) == ("", "135080", "산12-3", "역삼동")
    latin = rules.address("12, Yeoksam-ro, Gangnam-gu, Seoul 06236, Republic of Korea")
    assert (latin.sido, latin.road, latin.building_no, latin.postcode) == ("서울특별시", "Yeoksam-ro", "12", "06236")


@pytest.mark.parametrize(
    ("text", "day", "year"),
    [
        ("1988-08-15", date(1988, 8, 15), 1988),
        ("1988.8.15.", date(1988, 8, 15), 1988),
        ("1988년 8월 15일", date(1988, 8, 15), 1988),
        ("880815", date(1988, 8, 15), 1988),
        ("'88.8.15", date(1988, 8, 15), 1988),
        ("15 Aug 1988", date(1988, 8, 15), 1988),
        ("August 15th, 1988", date(1988, 8, 15), 1988),
        ("15/08/1988", date(1988, 8, 15), 1988),
        ("1988-08-15T00:00:00Z", date(1988, 8, 15), 1988),
        ("010203", date(2001, 2, 3), 2001),
        ("88년생", None, 1988),
        ("03/04/1988", None, 1988),
        ("1988-02-30", None, None),
        ("2027-01-01", None, None),
        ("1900-01-01", None, None),
        ("모름", None, None),
    ],
)
def test_birth_dates_are_read_in_many_spellings(text, day, year):
    found = rules.birth(text, today=TODAY)
    assert (found.day, found.year, found.lunar) == (day, year, False)


def test_lunar_days_become_solar_ones_and_those_that_never_were_are_refused():
    assert rules.birth("1988-08-15", lunar=True).day == date(1988, 9, 25)  # Chuseok of 1988
    assert {rules.birth(text).day for text in ("음력 1988.8.15", "1988-08-15(음)", "880815L")} == {date(1988, 9, 25)}
    assert rules.birth("1987년 윤6월 5일 음력").day == date(1987, 7, 30)
    assert rules.birth("1988-05-05 윤달 음력").day is None
    assert rules.birth("1988-08-15 (양)", lunar=True).day == date(1988, 8, 15)


def test_gender_codes_of_lists_are_read():
    assert [rules.gender(text) for text in ("F", "여자", "female", "2", "4", "女")] == ["F"] * 6
    assert [rules.gender(text) for text in ("m", "남성", "Male", "1", "3", "男")] == ["M"] * 6
    assert rules.gender("모름") == rules.gender("") == rules.gender("0") == ""


@pytest.mark.parametrize(
    "text",
    [
        "900101-1234568", "9001011234568", "９００１０１－１２３４５６８", "900101 1234568", "900101\u200b-\u200b1234568",
        "memo 900101-1234567 end", "900101–1234567", "900101-5234561", "9001015234560", "2101013123459",
    ],
)  # fmt: skip
def test_resident_and_foreigner_numbers_are_recognised(text):
    if text == "9001015234560":
        text = next(t for t in (f"900101523456{digit}" for digit in range(10)) if rules.holds_resident_number(t))
    assert rules.holds_resident_number(text)
    assert "●" in rules.without_resident_numbers(text)
    assert not any(part.isdigit() for part in rules.without_resident_numbers(text).split())


def test_barcodes_and_days_that_do_not_exist_are_no_resident_numbers():
    for text in (
        "901301-1234567",
        "900231-1234567",
        "8801043014830",
        "010-1234-5678",
        "1234567890123456",
        "900101-9234567",
    ):
        assert not rules.holds_resident_number(text), text
        assert rules.without_resident_numbers(text) == text
    assert not rules.holds_resident_number("9001011234568", dashed_only=True)


PIECES = st.sampled_from(
    [
        "서울",
        "서울시",
        "경기도",
        "강남구",
        "성남시",
        "분당구",
        "와부읍",
        "역삼동",
        "덕소리",
        "역삼로",
        "12",
        "12길",
        "5-3",
        "산",
        "지하",
        "번지",
        "101동",
        "202호",
        "3층",
        "101-202",
        "(역삼동)",
        "(한빛아파트)",
        "한빛빌딩",
        "06236",
        "135-080",
        ",",
        "(",
        ")",
        "김",
        "민아",
        "님",
        "고객님",
        "Kim",
        "MINA",
        "(주)",
        "㈜",
        "남궁",
        "대리",
        "음력",
        "1988",
        "08",
        "15",
        ".",
        "-",
        "010",
        "1234",
        "5678",
        "내선",
        "+82",
        "@",
        "naver.com",
        "가동",
        "B1층",
        "세종시",
        "세종로",
        "광주시",
        "북구",
        "번길",
        "~",
        "/",
        "a@b.kr",
        "田",
        "ㅁ",
        "?",
        "１２",
        "Seoul",
        "Gangnam-gu",
        "Yeoksam-ro",
        "Park",
        "Young",
        "Woo",
    ]
)
MIXED = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=9).map(" ".join),
    st.lists(PIECES, max_size=6).map("".join),
)


@given(MIXED)
@settings(max_examples=600, deadline=None)
def test_standardising_twice_changes_nothing_and_no_text_raises(text):
    assert rules.cleaned(rules.cleaned(text)) == rules.cleaned(text)
    name = rules.person_name(text).standard
    assert rules.person_name(name).standard == name
    number = rules.phone(text)
    if number.e164:
        assert rules.phone(number.e164).e164 == number.e164
    assert rules.email(rules.email(text)) == rules.email(text)
    place = rules.address(text).standard
    assert rules.address(place).standard == place
    born = rules.birth(text, today=TODAY)
    if born.day:
        assert rules.birth(born.day.isoformat(), today=TODAY).day == born.day
    assert rules.gender(rules.gender(text)) == rules.gender(text)
    assert not rules.holds_resident_number(rules.without_resident_numbers(text))


@given(st.lists(PIECES, max_size=9).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_what_is_read_at_a_glance_is_what_a_full_reading_says(text):
    given_text = rules.cleaned(text)
    seen = rules.glance(given_text)
    if seen:
        full = addresses.read_fully(given_text)
        assert addresses.Address(given_text, *seen) == full
