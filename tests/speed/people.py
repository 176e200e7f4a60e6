"""Generated Korean person records with known truth: `python -m tests.speed.people OUT.parquet RECORDS [SEED]`.

Nobody in it exists. People live in households that share an address, often a telephone and sometimes an e-mail; some
children are twins; names are as unevenly spread as in Korea, so that strangers share them, some with the year of
birth. A person has one to five records, each written at another time by another hand: typing slips, missing values,
numbers changed, houses moved, courtesy titles, other spellings of one address. Everything can be written in CP949.
"""

import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261123
FAMILIES = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구"
FAMILY_WEIGHTS = [215, 147, 84, 47, 43, 24, 21, 20, 20, 17, 15, 15, 15, 14, 14, 14, 13, 13, 12, 11, 11, 9, 9, 9, 9, 8, 8, 7, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4]  # fmt: skip
FIRST = "민서지예현수은하도준영승재윤채소다유태성정미경혜선진상동종병"
SECOND = "준연우아윤현진호희빈영수민은서원정숙자철훈석경미혁규환식나린"
CITIES = {
    "서울특별시": ("서울", ("강남구", "서초구", "송파구", "마포구", "노원구", "관악구", "은평구", "강서구")),
    "부산광역시": ("부산", ("해운대구", "부산진구", "사하구", "남구")),
    "대구광역시": ("대구", ("수성구", "달서구", "북구")),
    "경기도": ("경기", ("수원시 영통구", "성남시 분당구", "고양시 일산동구", "용인시 수지구", "부천시", "화성시")),
    "경상남도": ("경남", ("창원시 성산구", "김해시", "진주시")),
    "전라북도": ("전북", ("전주시 완산구", "군산시", "익산시")),
    "제주특별자치도": ("제주", ("제주시", "서귀포시")),
}
ROADS = [
    f"{one}{two}{end}"
    for one in "중앙새동서남북한양금은"
    for two in "산강천평호림성촌마원"
    for end in ("로", "길", "대로")
]
HOSTS = ("naver.com", "gmail.com", "daum.net", "kakao.com", "hanmail.net", "nate.com")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Record = dict[str, str | None]


class People:
    """Draws households, their people and the records about them."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = random.Random(seed)
        self.people = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def given(self) -> str:
        one = FIRST[int(len(FIRST) * self.random.random() ** 1.3)]
        return one if self.chance(0.02) else one + SECOND[int(len(SECOND) * self.random.random() ** 1.3)]

    def family(self) -> str:
        return self.random.choices(FAMILIES, FAMILY_WEIGHTS)[0]

    def mobile(self) -> str:
        return f"010{self.random.randrange(20_000_000, 99_999_999):08}"

    def home(self) -> dict[str, Any]:
        """An address with its spellings' parts."""
        region = self.random.choice(list(CITIES))
        short, districts = CITIES[region]
        district = self.random.choice(districts)
        road = self.random.choice(ROADS)
        flat = self.chance(0.7)
        detail = (
            f"{self.random.randrange(101, 125)}동 {self.random.randrange(1, 26)}{self.random.randrange(1, 9):02}호"
            if flat
            else ""
        )
        number = self.random.randrange(1, 320)
        post = (hash_of(region, district) * 37 + hash_of(road, "") % 300 + number // 40) % 57_000 + 6_000
        return {"region": region, "short": short, "district": district, "road": road, "number": number, "detail": detail,
                "post": f"{post:05}"}  # fmt: skip

    def birth(self, first: int, last: int) -> date:
        return date(first, 1, 1) + timedelta(days=self.random.randrange(365 * (last - first + 1)))

    def person(
        self, family: str, given: str, gender: str, born: date, home: dict[str, Any], shared: dict[str, Any]
    ) -> dict[str, Any]:
        self.people += 1
        phone = shared["phone"] if shared["phone"] and self.chance(shared["use"]) else self.mobile()
        local = "".join(self.random.choices(LETTERS, k=self.random.randrange(4, 9))) + str(
            self.random.randrange(1, 9999)
        )
        email = shared["email"] if shared["email"] and self.chance(0.3) else f"{local}@{self.random.choice(HOSTS)}"
        return {"truth": self.people, "household": shared["number"], "family": family, "given": given, "gender": gender,
                "born": born, "home": home, "phone": phone, "email": email}  # fmt: skip

    def household(self, number: int) -> list[dict[str, Any]]:
        """One to five people in one home; twins, a wife with her own family name, father and son."""
        home, family = self.home(), self.family()
        size = self.random.choices((1, 2, 3, 4, 5), (34, 24, 18, 18, 6))[0]
        shared = {"number": number, "phone": self.mobile() if size > 1 and self.chance(0.5) else None, "use": 0.6,
                  "email": f"family{number}@{self.random.choice(HOSTS)}" if size > 2 and self.chance(0.1) else None}  # fmt: skip
        people = [
            self.person(family, self.given(), "M" if self.chance(0.6) else "F", self.birth(1945, 1988), home, shared)
        ]
        if size > 1:
            people.append(self.person(self.family(), self.given(), "F", self.birth(1945, 1988), home, shared))
        born, twin = self.birth(1975, 2008), self.chance(0.04)
        for child in range(max(0, size - 2)):
            given = self.given()
            if twin and child == 1 and self.chance(0.6) and len(people[-1]["given"]) == 2:
                given = people[-1]["given"][0] + self.random.choice(SECOND)
            while given in [one["given"] for one in people]:
                given = self.given()
            day = born if twin and child < 2 else self.birth(1975, 2008)
            people.append(self.person(family, given, "M" if self.chance(0.5) else "F", day, home, shared))
        return people

    def records(self, person: dict[str, Any]) -> list[Record]:
        """What sources hold about one person: one to five records."""
        count = self.random.choices((1, 2, 3, 4, 5), (62, 23, 9, 4, 2))[0]
        now = dict(person)
        found = [self.record(now)]
        for _ in range(count - 1):
            if self.chance(0.15):
                now["home"] = self.home()
            if self.chance(0.12):
                now["phone"] = self.mobile()
            if self.chance(0.15):
                now["email"] = f"{''.join(self.random.choices(LETTERS, k=7))}@{self.random.choice(HOSTS)}"
            found.append(self.record(now))
        return found

    def record(self, now: dict[str, Any]) -> Record:
        """One record as some source wrote it; at least two of telephone, e-mail, birth and address are there."""
        while True:
            there = {"phone": not self.chance(0.12), "email": not self.chance(0.40), "born": not self.chance(0.12),
                     "home": not self.chance(0.15)}  # fmt: skip
            if sum(there.values()) >= 2 and (there["born"] or there["phone"]):
                break
        address, post = self.address(now["home"]) if there["home"] else (None, None)
        return {
            "name": self.name(now["family"], now["given"]),
            "phone": self.phone(now["phone"]) if there["phone"] else None,
            "email": self.slipped(now["email"], 0.01) if there["email"] else None,
            "birth": self.day(now["born"]) if there["born"] else None,
            "gender": None if self.chance(0.2) else self.random.choice({"M": "남남M", "F": "여여F"}[now["gender"]]),
            "address": address,
            "postcode": None if self.chance(0.1) else post,
            "truth": str(now["truth"]),
            "household": str(now["household"]),
        }

    def name(self, family: str, given: str) -> str:
        if self.chance(0.03):
            given = self.keystroke(given)
        elif self.chance(0.003) and len(given) == 2:
            given = given[::-1]
        whole = f"{family} {given}" if self.chance(0.05) else family + given
        return whole + self.random.choice(("님", " 씨")) if self.chance(0.02) else whole

    def keystroke(self, given: str) -> str:
        """One letter of one syllable hit wrong."""
        place = self.random.randrange(len(given))
        code = ord(given[place]) - 0xAC00
        first, vowel, last = code // 588, code % 588 // 28, code % 28
        which = self.random.randrange(3)
        if which == 0:
            first = self.random.randrange(19)
        elif which == 1:
            vowel = self.random.choice((0, 4, 8, 13, 18, 20, 1, 5))
        else:
            last = self.random.choice((0, 1, 4, 8, 16, 17, 21))
        made = chr(0xAC00 + first * 588 + vowel * 28 + last)
        try:
            made.encode("cp949")
        except UnicodeEncodeError:
            return given
        changed = given[:place] + made + given[place + 1 :]
        return changed if len(changed.encode("cp949")) == 2 * len(changed) else given

    def slipped(self, text: str, share: float) -> str:
        if not self.chance(share):
            return text
        place = self.random.randrange(len(text))
        letters = "0123456789" if text[place].isdigit() else LETTERS
        return text[:place] + self.random.choice(letters) + text[place + 1 :]

    def phone(self, number: str) -> str:
        number = self.slipped(number, 0.015)
        style = self.random.random()
        if style < 0.6:
            return f"{number[:3]}-{number[3:7]}-{number[7:]}"
        return (
            number
            if style < 0.85
            else f"+82 {number[1:3]} {number[3:7]} {number[7:]}"
            if style < 0.92
            else f"{number[:3]}.{number[3:7]}.{number[7:]}"
        )

    def day(self, born: date) -> str:
        if self.chance(0.015):
            born = born + timedelta(days=self.random.choice((1, -1, 10, -10, 31, 365, -365)))
        elif self.chance(0.005) and born.day <= 12:
            born = born.replace(month=born.day, day=born.month)
        return self.random.choices(
            (born.isoformat(), born.strftime("%Y%m%d"), born.strftime("%Y.%m.%d")), (70, 20, 10)
        )[0]

    def address(self, home: dict[str, Any]) -> tuple[str, str]:
        region = home["region"] if self.chance(0.6) else home["short"]
        detail = home["detail"] if not self.chance(0.15) else ""
        if detail and self.chance(0.2):
            detail = detail.replace("동 ", "-").replace("호", "")
        gap = "" if self.chance(0.1) else " "
        return f"{region} {home['district']} {home['road']}{gap}{home['number']} {detail}".strip(), home["post"]


def hash_of(one: str, other: str) -> int:
    """A number for a text that is the same in every run."""
    return sum(ord(c) * (n + 7) for n, c in enumerate(one + other))


def table(records: int, seed: int = SEED) -> pa.Table:
    """So many records, shuffled: record_id, name, phone, email, birth, gender, address, postcode, truth, household."""
    drawn, made, number = People(seed), list[Record](), 0
    while len(made) < records:
        number += 1
        for person in drawn.household(number):
            made += drawn.records(person)
    made = made[:records]
    drawn.random.shuffle(made)
    columns: dict[str, Any] = {"record_id": [str(n) for n in range(1, records + 1)]}
    columns |= {name: [record[name] for record in made] for name in made[0]}
    return pa.table(columns)


def main(out: str, records: str, seed: str = str(SEED)) -> None:
    pq.write_table(table(int(records), int(seed)), Path(out), compression="zstd")
    print(json.dumps(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
