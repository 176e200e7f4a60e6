"""Cells that no spreadsheet takes for a formula, and back. Source: OWASP, CSV injection.

Negative numbers and international phone numbers stay as they are.
"""

import re
import unicodedata

FORMULA_SIGNS = "=+-@"
HARMLESS = re.compile(r"[+-]?\d[\d,]*(\.\d+)?%?|\+\d{6,15}")


def bare(text: str) -> str:
    """A text without what a spreadsheet skips before it looks at the first character: spaces, control, marks."""
    start = next((i for i, sign in enumerate(text) if unicodedata.category(sign)[0] not in "ZC"), len(text))
    return text[start:]


def guard(text: str) -> str:
    """A text that no spreadsheet takes for a formula: those that look like one get an apostrophe in front.

    Trims first, then tests the first character in its normal width: a tab and a wide ＝ make a formula too.
    Negative numbers and +82 phone numbers are none.
    """
    seen = bare(text)
    if not seen or unicodedata.normalize("NFKC", seen[0]) not in FORMULA_SIGNS:
        return text
    return seen if HARMLESS.fullmatch(seen) else "'" + text


def unguard(text: str) -> str:
    """The text `guard` was given, for reading our own exports back in."""
    return text[1:] if text.startswith("'") and guard(text[1:]) == text else text
