"""Lines of a list somebody brings in: the code each holds, and why one is left out."""

import re

BAD, TWICE, UNKNOWN = "bad", "twice", "unknown"
LEFT_OUT = (UNKNOWN, TWICE, BAD)
LONGEST = 200


def code_of(line: str) -> str:
    """The code of a line: all of it, or the first column of a CSV or a table."""
    return re.split(r"[,\t]", line, maxsplit=1)[0].strip().strip('"\ufeff').strip()


def is_code(code: str) -> bool:
    """Whether it could be a customer's code at all."""
    return len(code) <= LONGEST and code.isprintable()
