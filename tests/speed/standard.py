"""Standard forms of whole columns: `python -m tests.speed.standard ROWS` prints rows a second of one core as JSON.

People are drawn from a seed: names of common surnames, a number and a mailbox each, addresses by road and by lot, one
row in ten written badly.
"""

import json
import os
import random
import sys
import time
from datetime import date

import pyarrow as pa

FAMILY = "김이박최정강조윤장임한오서신권황안송류전홍"
SYLLABLES = "민지수현서연준하은우진영아윤태호경선미재훈성주희나라"
CITIES = (
    "서울특별시 강남구",
    "서울 송파구",
    "경기도 성남시 분당구",
    "경기 수원시 장안구",
    "부산 해운대구",
    "대구광역시 수성구",
    "강원도 춘천시",
)
ROADS, DONGS = 4000, 400
HOUSES = ("한빛아파트", "푸른마을", "은하빌라", "중앙타워")
BAD = (
    lambda row: row | {"name": row["name"] + " 고객님", "phone": "+82 " + row["phone"][1:]},
    lambda row: row | {"name": " ".join(row["name"]), "email": row["email"].upper() + " "},
    lambda row: row | {"address": "(06236) " + row["address"], "birth": row["birth"].replace("-", ".")},
    lambda row: row | {"phone": row["phone"].replace("-", "")[1:], "birth": row["birth"][2:].replace("-", "")},
)


def people(rows: int, seed: int = 7) -> pa.Table:
    """A table of drawn people."""
    draw = random.Random(seed)
    return pa.Table.from_pylist([_person(draw, number) for number in range(rows)])


def _person(draw: random.Random, number: int) -> dict[str, str]:
    town, detail = draw.choice(CITIES), f"{draw.randint(101, 130)}동 {draw.randint(101, 2500)}호"
    if draw.random() < 0.8:
        place = f"{town} 가온{draw.randrange(ROADS)}길 {draw.randint(1, 300)}, {detail} (역삼동, {draw.choice(HOUSES)})"
    else:
        place = f"{town} 역삼동 {draw.randint(1, 900)}-{draw.randint(1, 50)} {draw.choice(HOUSES)} {draw.randint(101, 502)}호"
    row = {
        "name": draw.choice(FAMILY) + draw.choice(SYLLABLES) + draw.choice(SYLLABLES),
        "phone": f"010-{draw.randint(2000, 9999)}-{draw.randint(0, 9999):04}",
        "email": f"user{number}@{draw.choice(('naver.com', 'gmail.com', 'daum.net'))}",
        "address": place,
        "birth": date.fromordinal(draw.randint(date(1940, 1, 1).toordinal(), date(2008, 1, 1).toordinal())).isoformat(),
        "gender": draw.choice(("F", "M", "여", "남")),
    }
    return draw.choice(BAD)(row) if draw.random() < 0.1 else row


def main(rows: int) -> None:
    """Measure and print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    from dangol.customers.standard import reads

    table = people(rows)
    fields = {name: name for name in table.column_names}
    seconds = {}
    for name in fields:
        start = time.process_time()
        reads.columns(table, {name: name}, today=date(2026, 11, 23))
        seconds[name] = time.process_time() - start
    print(json.dumps({"rows": rows, "rate": rows / sum(seconds.values()), "seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
