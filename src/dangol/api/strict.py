"""Reading JSON without surprises: what two readers could understand differently is refused."""

import json
import math
from typing import Any

from dangol.base.errors import BadInput

LARGEST = 2**63 - 1
DEPTH = 50


def _no_constant(text: str) -> Any:
    raise BadInput("{value} is not JSON. Send a number or null.", field="/", value=text)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise BadInput("The field {name} is given twice.", field=f"/{_shown(name)}", name=_shown(name))
        read[name] = value
    return read


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:60]


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise BadInput("A number is too large.", field="/")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadInput("A number is too large.", field="/")
    return number


def check_text(text: str, path: str) -> None:
    """Raises BadInput for text that cannot be stored: half of a surrogate pair, or the NUL character."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("This text contains characters that cannot be stored.", field=path)


def _walk(value: Any, path: str, depth: int) -> None:
    if depth > DEPTH:
        raise BadInput("The JSON is nested too deeply.", field=path)
    if isinstance(value, str):
        check_text(value, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_text(name, path)
            _walk(inner, f"{'' if path == '/' else path}/{name}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _walk(inner, f"{'' if path == '/' else path}/{index}", depth + 1)


def read(body: bytes) -> Any:
    """JSON text as values.

    Raises BadInput for what is not UTF-8 JSON, for keys given twice, NaN and infinities, numbers beyond 64 bits, lone
    surrogates, NUL and nesting deeper than DEPTH. Source: RFC 8259 sections 4, 6, 8.2; RFC 7493 (I-JSON).
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_no_twins,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadInput("The body is not JSON in UTF-8.", field="/") from None
    _walk(value, "/", 0)
    return value
