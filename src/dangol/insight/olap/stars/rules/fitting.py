"""Which type a column needs, told from a cell that did not fit."""

import re

WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")
PLACES = re.compile(r"[+-]?\d{0,17}\.(\d+?)0*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*")
MOST_PLACES = 9


def fitting(text: str) -> str:
    """The narrowest type that holds a cell's text as it is: whole, decimal(N), number, date, moment, else text."""
    text = text.strip()
    if WHOLE.fullmatch(text):
        return "whole"
    found = PLACES.fullmatch(text)
    if found and len(found[1]) <= MOST_PLACES:
        return f"decimal({len(found[1])})"
    for form, name in ((NUMBER, "number"), (DAY, "date"), (MOMENT, "moment")):
        if form.fullmatch(text):
            return name
    return "text"
