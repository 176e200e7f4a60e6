"""Names of people and companies: family and given name told apart, titles and notes off, one key for both scripts.

Source: Korean order of names and forms of address (National Institute of Korean Language, standard speech etiquette);
surnames and spellings as in surnames.py.
"""

import re
from dataclasses import dataclass

from dangol.customers.standard.rules.surnames import COMMON, OF_LATIN, SURNAMES, TWO_SYLLABLES, sound, surname_key
from dangol.customers.standard.rules.texts import cleaned, narrow, words

LONGEST = 100
KINDS = ("person", "company", "masked", "partial", "test")
HANGUL = re.compile(r"[가-힣]+")
# Hangul that ends in none of the syllables a title ends in: what most names are, decided at once.
_PLAIN = re.compile(r"[가-힣]{1,3}[^\W\d_a-zA-Z씨님객리장사수원머버임군양이무표]|[가-힣]{2}[이원수]")
_COMPANY = re.compile(
    r"㈜|㈔|\((?:주|유|사|재|합)\)|주식\s?회사|유한\s?회사|유한책임회사|합자회사|합명회사"
    r"|(?:사단|재단|의료|학교|농업회사)\s?법인|협동조합"
    r"|(?:^|[\s,.])(?:co\.?,?\s?ltd|ltd|inc|corp|corporation|llc|gmbh|plc|s\.?a\.?|pte|company)\.?$",
    re.I,
)
_JOINT_STOCK = re.compile(r"\s*(?:㈜|\(주\)|주식\s?회사)\s*")
_NOTE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>|（[^（）]*）|【[^【】]*】)\s*")
_RESPECT = words(
    "고객님 회원님 사모님 선생님 사장님 대표님 원장님 여사님 어머님 아버님 부장님 과장님 차장님 대리님 이사님 팀장님 "
    "실장님 점장님 교수님 박사님 회장님 고객 귀하 님 씨"
)
_TITLES = _RESPECT + words(
    "어머니 아버지 회원 귀중 여사 사모 대리 과장 차장 부장 이사 상무 전무 사장 대표이사 대표 회장 원장 팀장 실장 점장 "
    "주임 사원 교수 박사 변호사 선생 양 군"
)
# 박대리 is a surname with a rank; 김민 사장 stays two words, as a rank may also be the end of a name.
_RANKS = frozenset(
    words("대리 과장 차장 부장 사장 회장 팀장 실장 점장 원장 사장님 부장님 과장님 사모님 선생님 여사님 씨")
)
_NEVER_GLUED = frozenset({"양", "군", "이사", "사모", "여사", "회원", "선생", "교수"})
_LATIN_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof|sir|madam)\b\.?\s*|[\s,]+(?:jr|sr|ii|iii|esq|phd|md)\.?$", re.I)
_EDGES = " \t?!*~.,;:'\"`^_+=|/\\-"
_MASKED = re.compile(r"[*○●◯ＯX〇]")
_TEST = frozenset(
    words(
        "테스트 시험 홍길동 고객 손님 비회원 미상 무명 없음 이름없음 모름 익명 가명 회원 관리자 이름 성명 고객명 샘플 "
        "test tester testing admin administrator guest unknown none null na nan noname anonymous asdf qwer qwerty abc "
        "xxx nobody user name dummy sample"
    )
)
_JAMO = re.compile(r"[ㄱ-ㅣ]")


@dataclass(frozen=True)
class Name:
    """A name as given, its parts and its standard form.

    standard: 김민아, Mina Kim, (주)한빛. key: the same for 김민아 and KIM MINA, for comparing only; empty where it
    is no person. kind: one of KINDS. note: what stood in brackets or behind the name.
    """

    given: str
    family: str
    first: str
    standard: str
    key: str = ""
    kind: str = "person"
    note: str = ""


def person_name(text: str) -> Name:
    """A name standardised; what was given is kept. Never raises; an empty text has kind \"\"."""
    given = cleaned(text)[:LONGEST].rstrip()
    plain, note = narrow(given), ""
    for _ in range(LONGEST):  # a title may hide a note, and a note a title
        kind, family, first, standard, more = _read(plain)
        note = f"{note} {more}".strip()
        if standard == plain:
            break
        plain = standard
    key = f"{surname_key(family)} {sound(first)}" if kind == "person" and family and first else ""
    return Name(given, family, first, standard, key, kind, note)


def _read(plain: str) -> tuple[str, str, str, str, str]:
    """Kind, family, first, standard and note of a narrow, cleaned text."""
    if _PLAIN.fullmatch(plain) and plain not in _TEST:
        family, first = split_hangul(plain)
        if family:
            return "person", family, first, plain, ""
    if _COMPANY.search(plain):
        return "company", "", "", _company(plain), ""
    bare, note = _without_notes(plain)
    bare = _without_titles(bare.strip(_EDGES) or bare)
    kind = _kind(bare)
    if kind != "person":
        return kind, "", "", bare, note
    hangul = [word for word in bare.split() if HANGUL.fullmatch(word)]
    if hangul:
        rest = " ".join(word for word in bare.split() if word not in hangul)
        kind, family, first, standard = _hangul(hangul)
        return kind, family, first, standard, f"{note} {rest}".strip()
    family, first, standard = _latin(bare)
    return "person" if family else "partial", family, first, standard, note


def _kind(bare: str) -> str:
    squeezed = re.sub(r"[\W_]+", "", bare).lower()
    if not bare:
        return ""
    if bare in SURNAMES:
        return "partial"
    if not squeezed or squeezed.isdigit() or squeezed in _TEST or len(set(squeezed)) == 1 or _JAMO.search(bare):
        return "test"
    if _MASKED.search(bare) and HANGUL.search(bare):
        return "masked"
    return "person"


def _company(plain: str) -> str:
    name = _JOINT_STOCK.sub(" ", plain).strip()
    return " ".join(f"(주){name}".split()) if name and _JOINT_STOCK.search(plain) else plain


def _without_notes(plain: str) -> tuple[str, str]:
    notes = " ".join(match[0].strip()[1:-1].strip() for match in _NOTE.finditer(plain))
    bare = " ".join(_NOTE.sub(" ", plain).split())
    behind = re.search(r"(?<=[가-힣])\s*([A-Za-z]|\d{1,4})$", bare)
    if behind:  # 김민아2, 김민아B: how registers tell people of one name apart
        return bare[: behind.start()], f"{notes} {behind[1]}".strip()
    return (bare, notes) if bare else (plain.strip("()[]<>【】 "), "")


def _without_titles(bare: str) -> str:
    bare = _LATIN_TITLE.sub("", bare).strip() or bare
    for title in _TITLES:
        if not bare.endswith(title) or bare == title:
            continue
        name = bare[: -len(title)]
        if name.endswith(" "):
            return name.strip()
        if title in _RANKS and (name in SURNAMES or name in TWO_SYLLABLES):
            return name  # 박대리
        least = 2 if title in _RESPECT else 3
        if HANGUL.fullmatch(name) and len(name) >= least and title not in _NEVER_GLUED:
            return name
    return bare


def split_hangul(name: str) -> tuple[str, str]:
    """Surname and given name of a Korean name without spaces; two empty texts where it begins with no surname."""
    if len(name) > 2 and name[:2] in TWO_SYLLABLES:
        return name[:2], name[2:]
    return (name[0], name[1:]) if len(name) > 1 and name[0] in SURNAMES else ("", "")


def _hangul(words: list[str]) -> tuple[str, str, str, str]:
    """Kind, family, first and standard of words in Hangul."""
    last = words[-1]
    turned = len(words) == 2 and len(words[0]) > 1 and (len(last) == 1 or last in TWO_SYLLABLES)
    if turned and (last in TWO_SYLLABLES or last in SURNAMES) and words[0][0] not in COMMON:
        return "person", last, words[0], last + words[0]
    joined = "".join(words)
    family, first = split_hangul(joined)
    if family and len(first) <= 4 - (len(words) > 1 and len(words[0]) > len(family)):
        return "person", family, first, joined
    if len(words) > 1:  # a foreign name written in Hangul: 스티브 잡스
        return "person", last, " ".join(words[:-1]), " ".join(words)
    return ("person", "", joined, joined) if len(joined) > 1 else ("partial", joined, "", joined)


def _latin(bare: str) -> tuple[str, str, str]:
    """Family, first and standard of a name in Latin (or other) letters; the surname is written last."""
    family, comma, first = bare.partition(",")
    if comma and family.strip() and first.strip(" ,"):
        family, first = _cased(family), _cased(first.replace(",", " "))
    else:
        family, first = _ordered(bare.replace(",", " ").split())
    standard = f"{first} {family}".strip()
    if family and _ordered(standard.split()) != (family, first):
        standard = f"{family}, {first}"  # only so does it say which is which
    return family, first, standard


def _ordered(words: list[str]) -> tuple[str, str]:
    """Surname and given name: the last word is the surname, unless the first is the only or commoner Korean one."""
    if not words:
        return "", ""
    if len(words) == 1:
        return "", _cased(words[0])
    front, back = words[0].lower() in OF_LATIN, words[-1].lower() in OF_LATIN
    rare = front and back and OF_LATIN[words[0].lower()] in COMMON and OF_LATIN[words[-1].lower()] not in COMMON
    if (front and not back) or rare:
        return _cased(words[0]), _cased(" ".join(words[1:]))
    return _cased(words[-1]), _cased(" ".join(words[:-1]))


def _cased(text: str) -> str:
    """Words that are all upper or all lower case with one capital each; others as they are (McDonald)."""
    return " ".join(
        "-".join(part.capitalize() for part in word.split("-"))
        if word.islower() or (word.isupper() and len(word) > 1)
        else word
        for word in text.split()
    )
