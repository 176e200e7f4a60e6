"""The list of legal areas: loaded by the user, checked against, kept whole."""

import pytest

from dangol.base.errors import BadInput, NotAllowed
from dangol.customers.standard import actions, reads, rules

LINES = [
    ("1100000000", "서울특별시", "존재"),
    ("1168000000", "서울특별시 강남구", "존재"),
    ("1168010100", "서울특별시 강남구 역삼동", "존재"),
    ("2920000000", "광주광역시 광산구", "존재"),
    ("4136025622", "경기도 남양주시 와부읍 덕소리", "존재"),
    ("4128510100", "경기도 고양시 일산구 백석동", "폐지"),
    ("4311132026", "충청북도 청주시 상당구 미원면 기암리(岐岩)", "존재"),
    ("4311132033", "충청북도 청주시 상당구 미원면 기암리(基岩)", "존재"),
    ("4211000000", "강원도 춘천시", "존재"),
    ("3611011500", "세종특별자치시 세종특별자치시 산울동", "존재"),
    ("1111011900", "서울특별시 종로구 세종로", "존재"),
    *((f"45000{number:05}", f"전라북도 전주시 가상{number}동", "폐지") for number in range(100)),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "areas.txt"
    path.write_bytes("".join("\t".join(line) + "\r\n" for line in LINES).encode("cp949", errors="strict"))
    return path


def test_without_a_list_addresses_are_unchecked_and_it_says_so(home):
    assert reads.checked(rules.address("서울 강남구 역삼동 12")).status == rules.UNCHECKED


def test_addresses_are_checked_down_to_the_dong(cast, file, home):
    assert actions.load_legal_areas(by=cast.steward, path=file) == {"live": 10, "abolished": 101}
    found = {
        text: (finding := reads.checked(rules.address(text))).status + " " + finding.code
        for text in (
            "서울 강남구 역삼1동 12", "강남구 역삼동 12", "서울 강남구 역삼로 12", "고양시 일산구 백석동 1",
            "강원특별자치도 춘천시 중앙로 1", "서울 강남구 없는동 1", "세종시 산울동 1", "전북 전주시 가상7동 1",
        )
    }  # fmt: skip
    assert found == {
        "서울 강남구 역삼1동 12": "live 1168010100",
        "강남구 역삼동 12": "live 1168010100",
        "서울 강남구 역삼로 12": "live 1168000000",
        "고양시 일산구 백석동 1": "abolished 4128510100",
        "강원특별자치도 춘천시 중앙로 1": "live 4211000000",
        "서울 강남구 없는동 1": "unknown ",
        "세종시 산울동 1": "live 3611011500",
        "전북 전주시 가상7동 1": "abolished 4500000007",
    }


def test_every_area_of_the_list_is_read_back_to_itself(cast, file, home):
    actions.load_legal_areas(by=cast.steward, path=file)
    for code, name, _state in LINES:
        assert reads.checked(rules.address(name)).code == code


def test_a_file_that_is_no_such_list_changes_nothing(cast, file, tmp_path, home):
    actions.load_legal_areas(by=cast.steward, path=file)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("1168010100,서울특별시 강남구 역삼동,존재\n")
    with pytest.raises(BadInput, match="Line 1"):
        actions.load_legal_areas(by=cast.steward, path=wrong)
    with pytest.raises(NotAllowed):
        actions.load_legal_areas(by=cast.rep, path=file)
    assert reads.checked(rules.address("서울 강남구 역삼동 12")).status == rules.LIVE
    assert [path.name for path in reads.areas_path().parent.iterdir()] == [reads.AREAS_FILE]
