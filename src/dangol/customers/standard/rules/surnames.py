"""Korean surnames and how they are spelt in Latin letters, and a sound key under which both spellings meet.

Source: surnames of the 2015 census (Statistics Korea) by frequency; Revised Romanization of Korean (ministry notice
2000-8) for given names; the Latin spellings of surnames are those in use in passports.
"""

import re
from functools import lru_cache

from dangol.customers.standard.rules.texts import words

TWO_SYLLABLES = frozenset(
    {"남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방", "망절", "어금", "소봉", "장곡"}
)
COMMON = frozenset("김이박최정강조윤장임")
SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온시범"
)
_LATIN = {
    "김": "kim gim ghim", "이": "lee yi rhee rhie ri", "박": "park bak pak bark", "최": "choi choe choy chey",
    "정": "jung jeong chung cheong joung", "강": "kang gang", "조": "cho jo joe", "윤": "yoon yun youn",
    "장": "jang chang", "임": "lim im rim yim", "한": "han hahn", "오": "oh o", "서": "seo suh",
    "신": "shin sin", "권": "kwon gwon kweon", "황": "hwang", "안": "ahn an", "송": "song", "류": "ryu ryoo",
    "전": "jeon chun jun", "홍": "hong", "고": "ko go koh", "문": "moon mun", "양": "yang", "손": "son sohn",
    "배": "bae pae", "백": "baek paik baik paek", "허": "heo hur huh her", "유": "yoo yu you",
    "남": "nam", "심": "shim sim", "노": "noh roh no", "하": "ha hah", "곽": "kwak gwak", "성": "sung seong",
    "차": "cha", "주": "joo ju", "우": "woo wu", "구": "koo ku gu goo", "민": "min", "진": "jin", "지": "ji jee",
    "엄": "um eom uhm", "채": "chae", "원": "won", "천": "cheon", "방": "bang pang", "공": "kong gong",
    "현": "hyun hyeon",
    "함": "ham", "변": "byun byeon", "염": "yeom yum", "여": "yeo", "추": "choo chu", "도": "do", "석": "seok suk",
    "선": "sun seon", "설": "seol sul", "마": "ma", "길": "gil kil", "연": "yeon",
    "위": "wi", "표": "pyo",
    "명": "myung myeong", "기": "ki gi", "반": "ban", "라": "ra na", "왕": "wang", "금": "keum geum", "옥": "ok",
    "육": "yook yuk", "맹": "maeng", "탁": "tak", "국": "kook guk", "남궁": "namgung namkoong", "황보": "hwangbo",
    "제갈": "jegal", "선우": "sunwoo seonwoo", "사공": "sagong", "서문": "seomun seomoon", "독고": "dokgo dokko",
}  # fmt: skip
OF_LATIN = {spelling: hangul for hangul, spellings in _LATIN.items() for spelling in spellings.split()}

# By the place of the letter in Unicode's syllables; - is no sound (the silent ㅇ, an open syllable).
_FIRST = words("g kk n d tt r m b pp s ss - j jj ch k t p h")
_MIDDLE = words("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_LAST = words("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
_SOUNDS = (
    (re.compile(r"[^a-z]"), ""), (re.compile(r"(?<=[aeiou])h(?![aeiou])|h$"), ""),
    (re.compile(r"woo|wu|oo|ou|eo|eu"), "u"),
    (re.compile(r"ee|ui"), "i"), (re.compile(r"ae|ai|ay"), "e"), (re.compile(r"oe"), "e"), (re.compile(r"ch|jj"), "j"),
    (re.compile(r"sh"), "s"), (re.compile(r"[gq]"), "k"), (re.compile(r"d"), "t"), (re.compile(r"b"), "p"),
    (re.compile(r"r"), "l"), (re.compile(r"(.)\1+"), r"\1"),
)  # fmt: skip


def romanised(hangul: str) -> str:
    """Hangul in Latin letters, syllable by syllable (Revised Romanization without assimilation): 민아 is mina."""
    letters = []
    for character in hangul:
        index = ord(character) - 0xAC00
        if 0 <= index < 11172:
            letters.append(_FIRST[index // 588] + _MIDDLE[index % 588 // 28] + _LAST[index % 28])
        else:
            letters.append(character)
    return "".join(letters).replace("-", "")


@lru_cache(maxsize=1 << 16)
def sound(name: str) -> str:
    """A key equal for the usual Latin spellings of one Korean name: 수진, Sujin, Soo-jin and Su Jin."""
    text = romanised(name).lower()
    for pattern, letter in _SOUNDS:
        text = pattern.sub(letter, text)
    return text


def surname_key(family: str) -> str:
    """A surname as one form: Lee, Yi and 이 are 이; one that is not Korean in lower-case letters."""
    plain = family.lower()
    return OF_LATIN.get(plain, plain)
