"""Korean in sentences and numbers: particles after a variable, and 만 / 억 / 조 instead of thousands."""

import re

HANGUL_FIRST, HANGUL_LAST = 0xAC00, 0xD7A3
FINALS = 28
RIEUL = 8
DIGIT_FINALS = {"0": 21, "1": RIEUL, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": RIEUL, "8": RIEUL, "9": 0}
LATIN_FINALS = {"l": RIEUL, "m": 16, "n": 4, "r": RIEUL}
PARTICLES = {
    "을": ("을", "를"),
    "은": ("은", "는"),
    "이": ("이", "가"),
    "과": ("과", "와"),
    "으로": ("으로", "로"),
}
TRAILING = re.compile(r"[\s\)\]\}\"'”’」』〉》.,!?%]+$")
KOREAN_UNITS = ((10**12, "조"), (10**8, "억"), (10**4, "만"))


def _final(word: str) -> int:
    """Index of the final consonant of the last readable character; 0 for none."""
    last = TRAILING.sub("", word)[-1:].lower()
    if not last:
        return 0
    if HANGUL_FIRST <= ord(last) <= HANGUL_LAST:
        return (ord(last) - HANGUL_FIRST) % FINALS
    return DIGIT_FINALS.get(last, LATIN_FINALS.get(last, 0))


def with_particle(word: str, particle: str) -> str:
    """A word with the fitting form of its particle: 김민아 + 을 is \"김민아를\", 서울 + 으로 is \"서울로\".

    particle: one of 을 은 이 과 으로 (the form after a consonant). Latin words are read by their last letter.
    """
    closed, opened = PARTICLES[particle]
    final = _final(word)
    if particle == "으로" and final == RIEUL:
        return word + opened
    return word + (closed if final else opened)


def short_number(value: float, language: str) -> str:
    """A count short enough for a chart or tile, in the way the language counts.

    Korean: full digits to 9,999, then 만, 억, 조 with one decimal (12,345 is \"1.2만\"). English: K, M, B.
    """
    units = KOREAN_UNITS if language.startswith("ko") else ((10**9, "B"), (10**6, "M"), (10**4, "K"))
    size = abs(value)
    for unit, sign in units:
        if size >= unit:
            scale = 1000 if sign == "K" else unit
            return f"{value / scale:,.1f}".removesuffix(".0") + sign
    return f"{value:,.0f}"
