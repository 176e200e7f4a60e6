"""What all standard forms have in common: no invisible characters, single spaces, one width."""

import unicodedata

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Full-width forms (U+FF01 to U+FF5E) lie exactly this far above their ASCII twins.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE6: 0x20A9}


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


def words(text: str) -> tuple[str, ...]:
    """Words of a list written in one line."""
    return tuple(text.split())


def cleaned(text: str) -> str:
    """A text without control, direction and invisible characters, composed (NFC), with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", text)
    if composed.isprintable():
        return " ".join(composed.split())
    kept = "".join(" " if c in "\t\r\n" else c for c in composed if c in "\t\r\n" or _visible(c))
    # What was taken out may have kept two parts from composing.
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in INVISIBLE


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as ordinary ones: ０１０－１２３４ is 010-1234."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)
