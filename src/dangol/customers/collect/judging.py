"""Whether a telephone number, an e-mail address or a gender can be one. Fast for the many, careful for the few."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
HOME_REGION = "KR"
# Mobile, Seoul, provinces, internet and personal numbers, representative numbers (numbering plan of Korea).
KOREAN = (
    r"^(?:\+?82[- .]?\(?0?\)?|0)(?:1[016789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d?|80)[)]?[- .]?\d{3,4}[- .]?\d{4}$"
    r"|^1[5-8]\d{2}[- .]?\d{4}$"
)
MAIL = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@"
    r"(?:[A-Za-z0-9가-힣](?:[A-Za-z0-9가-힣-]{0,61}[A-Za-z0-9가-힣])?\.)+[A-Za-z가-힣]{2,}$"
)
GENDERS = re.compile(
    r"m|f|male|female|man|woman|남|여|남성|여성|남자|여자|남자분|여자분|[1-4]|m/남|f/여|남\(m\)|여\(f\)"
    r"|unknown|u|미상|모름|기타|other",
    re.IGNORECASE,
)
LOST_ZERO = r"^(1[016789]\d{7,8}|[3-6][1-5]\d{7,8}|2\d{8}|70\d{8})$"


def with_its_zero(texts: pa.Array) -> pa.Array:
    """Numbers whose leading zero a spreadsheet took: 1012345678 is 01012345678 again."""
    lost = pc.and_(pc.match_substring_regex(texts, LOST_ZERO), pc.greater_equal(pc.utf8_length(texts), 9))
    if not pc.any(lost).as_py():
        return texts
    return pc.if_else(lost, pc.binary_join_element_wise("0", texts, ""), texts)


def wrong_phone(texts: pa.Array) -> Mask:
    """Which texts are no telephone number. Source: numbering plans by the phonenumbers library."""
    wrong = _unlike(texts, KOREAN)
    for place in np.flatnonzero(wrong):
        wrong[place] = not _valid(texts[place].as_py())
    return wrong


def _valid(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, HOME_REGION))
    except phonenumbers.NumberParseException:
        return False


def wrong_email(texts: pa.Array) -> Mask:
    """Which texts are no address of e-mail (RFC 5321 without quoted local parts)."""
    dots = pc.match_substring_regex(texts, r"\.\.|^\.|\.@").fill_null(False)
    wrong: Mask = _unlike(texts, MAIL) | np.asarray(dots.to_numpy(zero_copy_only=False), bool)
    return wrong


def wrong_gender(texts: pa.Array) -> Mask:
    """Which texts say no gender."""
    return np.array([text is not None and not GENDERS.fullmatch(text) for text in texts.to_pylist()], bool)


def _unlike(texts: pa.Array, pattern: str) -> Mask:
    fits = pc.match_substring_regex(texts, pattern).fill_null(True)
    unlike: Mask = np.logical_not(np.asarray(fits.to_numpy(zero_copy_only=False), bool))
    return unlike


JUDGES: dict[str, tuple[str, Any]] = {
    "phone": ("not_phone", wrong_phone),
    "email": ("not_email", wrong_email),
    "gender": ("not_gender", wrong_gender),
}
