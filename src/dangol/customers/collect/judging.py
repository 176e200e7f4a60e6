"""Whether a telephone number, an e-mail address or a gender can be one: what has a standard form can."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dangol.customers.standard import rules as standard

Mask = npt.NDArray[np.bool_]
OTHER = frozenset({"기타", "other", "x", "u", "unknown"})  # said on purpose, though neither F nor M
LOST_ZERO = r"^(1[016789]\d{7,8}|[3-6][1-5]\d{7,8}|2\d{8}|70\d{8})$"


def with_its_zero(texts: pa.Array) -> pa.Array:
    """Numbers whose leading zero a spreadsheet took: 1012345678 is 01012345678 again."""
    lost = pc.and_(pc.match_substring_regex(texts, LOST_ZERO), pc.greater_equal(pc.utf8_length(texts), 9))
    if not pc.any(lost).as_py():
        return texts
    return pc.if_else(lost, pc.binary_join_element_wise("0", texts, ""), texts)


def _phone(text: str) -> bool:
    return bool(standard.phone_glance(text) or standard.phone(text).kind)


def _email(text: str) -> bool:
    return bool(standard.email(text))


def _gender(text: str) -> bool:
    return bool(standard.gender(text)) or text.casefold() in OTHER


def wrong(name: str, texts: pa.Array) -> Mask:
    """Which of a field's texts are none of what the field is for."""
    fits = JUDGES[name][1]
    return np.array([text is not None and not fits(text) for text in texts.to_pylist()], bool)


JUDGES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "phone": ("not_phone", _phone), "email": ("not_email", _email), "gender": ("not_gender", _gender),
}  # fmt: skip
