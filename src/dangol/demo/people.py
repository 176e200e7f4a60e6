"""Generated people: Korean names, phones, e-mail addresses, an organisation, all from one seed and marked generated.

The purchases carry household codes only. What they lack is drawn here so that the pages can be tried; none of it
enters a figure about sales.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SEED = 20171231
FAMILY = "김이박최정강조윤장임한오서신권황안송류홍전고문손배백허남심노"
FAMILY_WEIGHTS = (
    215, 147, 84, 47, 43, 24, 21, 21, 20, 17, 16, 15, 15, 14, 14, 13, 13, 13, 12, 11, 10, 9, 9, 9, 8, 8, 7, 6, 5, 5
)  # fmt: skip
GIVEN = (
    "민준", "서준", "도윤", "예준", "시우", "하준", "지호", "주원", "지후", "준우", "서연", "서윤", "지우", "서현",
    "하은", "하윤", "민서", "지유", "윤서", "채원", "수진", "은영", "미경", "정희", "영숙", "현우", "성민", "동현",
    "상훈", "진호", "혜진", "지영", "유진", "은지", "소연", "민아", "보람", "아름", "나연", "가영",
)  # fmt: skip
LATIN = {
    "김": "kim", "이": "lee", "박": "park", "최": "choi", "정": "jung", "강": "kang", "조": "cho", "윤": "yoon",
    "장": "jang", "임": "lim",
}  # fmt: skip
REGIONS = {
    "수도권": ("강남지점", "종로지점", "수원지점", "인천지점"),
    "중부": ("대전지점", "청주지점", "강릉지점"),
    "남부": ("부산지점", "대구지점", "광주지점", "창원지점", "제주지점"),
}
REPS_PER_BRANCH = 5


@dataclass(frozen=True)
class Person:
    """A generated identity for one household code."""

    code: str
    name: str
    phone: str
    email: str
    gender: str
    rep: int  # index of the rep, 0-based over all reps


def name(draw: random.Random) -> str:
    """A Korean name, family name first, family names by their real frequency."""
    return draw.choices(FAMILY, FAMILY_WEIGHTS)[0] + draw.choice(GIVEN)


def reps() -> list[tuple[str, str, str]]:
    """All reps as (region, branch, name), in the order their indexes count."""
    draw = random.Random(SEED + 1)
    return [
        (region, branch, name(draw))
        for region, branches in REGIONS.items()
        for branch in branches
        for _ in range(REPS_PER_BRANCH)
    ]


def people(codes: list[str]) -> Iterator[Person]:
    """One generated identity a household code; the same codes give the same people, one by one."""
    count = len(reps())
    for code in codes:
        draw = random.Random(f"{SEED}:{code}")
        full = name(draw)
        latin = LATIN.get(full[0], "han")
        yield Person(
            code=code,
            name=full,
            # 010-0000-xxxx to 010-0009-xxxx is never assigned to a subscriber
            phone=f"010-000{draw.randrange(10)}-{draw.randrange(10_000):04d}",
            email=f"{latin}{code}@generated.example",
            gender=draw.choice("FFM"),
            rep=draw.randrange(count),
        )
