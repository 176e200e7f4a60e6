"""Formulas over measures or columns: a small grammar of our own, read into a tree; nothing is ever run as code.

formula := term (("+" | "-") term)*
term    := factor (("*" | "/") factor)*
factor  := "-" factor | number | name | "(" formula ")" | function
function := "if_missing" "(" formula "," formula ")"        (the second where the first is missing)
          | ("previous" | "year_before") "(" formula ["," number] ")"
          | ("year_to_date" | "quarter_to_date" | "month_to_date") "(" formula ")"
          | "moving_mean" "(" formula "," number ")"
          | "total" "(" formula ("," dimension)* ")"        (of all groups, or of those alike in the dimensions)
          | ("rank" | "cumulative") "(" formula ("," dimension)* ")"        (among the groups of the answer)
          | ("growth" | "year_growth") "(" formula ["," number] ")"         (short: see `functions`)
          | "share" "(" formula ("," dimension)* ")"
name    := letters, digits and underscores, or "[" any text "]"

Functions have other names besides (see `functions`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from dangol.base.errors import BadInput
from dangol.insight.olap.rules import functions
from dangol.insight.olap.rules.formulas import (
    CUMULATIVE,
    RANK,
    Among,
    Constant,
    Formula,
    Framed,
    Name,
    Negative,
    Operation,
    Otherwise,
)
from dangol.insight.olap.rules.frames import MOST_STEPS, MOVING_MEAN, TO_DATE, TOTAL, Frame

MOST_CHARACTERS = 500
MOST_DEPTH = 20
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,18}(?:\.\d{1,9})?(?![\w.]))|(?P<name>[^\W\d]\w*)"
    r"|\[\s*(?P<quoted>[^\[\]]{1,100}?)\s*\]|(?P<sign>[-+*/(),]))"
)


def parse_formula(text: str, field: str = "formula") -> Formula:
    """The formula a text says. Raises BadInput with the place where it cannot be read."""
    if len(text) > MOST_CHARACTERS:
        raise BadInput("The formula is longer than {most} characters.", field=field, most=MOST_CHARACTERS)
    reader = _Reader(list(_tokens(text, field)), field)
    found = reader.formula(0)
    if reader.next is not None:
        raise reader.wrong()
    return found


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


def _tokens(text: str, field: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if found is None:
            raise _unreadable(place + len(text[place:]) - len(text[place:].lstrip()), text[place:].strip()[:20], field)
        kind = str(found.lastgroup)
        yield _Token("name" if kind == "quoted" else kind, found.group(kind), found.start(kind))
        place = found.end()


def _unreadable(place: int, near: str, field: str) -> BadInput:
    return BadInput(
        "The formula cannot be read at character {place} (“{near}”). "
        "Write it like: (sales_amount - discount) / orders.",
        field=field,
        place=place + 1,
        near=near,
    )


class _Reader:
    """Reads tokens from left to right, one function a rule of the grammar."""

    def __init__(self, tokens: list[_Token], field: str) -> None:
        self.tokens, self.field, self.at = tokens, field, 0

    @property
    def next(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def wrong(self) -> BadInput:
        token = self.next
        if token is None:
            return BadInput("The formula ends too early. Something is missing at its end.", field=self.field)
        return _unreadable(token.place, token.text[:20], self.field)

    def sign(self, *signs: str) -> str:
        """The next token where it is one of these signs, else an empty text."""
        token = self.next
        if token is None or token.kind != "sign" or token.text not in signs:
            return ""
        self.at += 1
        return token.text

    def formula(self, depth: int) -> Formula:
        if depth > MOST_DEPTH:
            raise BadInput("The formula is nested deeper than {most}.", field=self.field, most=MOST_DEPTH)
        found = self.term(depth)
        while sign := self.sign("+", "-"):
            found = Operation(sign, found, self.term(depth))
        return found

    def term(self, depth: int) -> Formula:
        found = self.factor(depth)
        while sign := self.sign("*", "/"):
            found = Operation(sign, found, self.factor(depth))
        return found

    def factor(self, depth: int) -> Formula:
        if depth > MOST_DEPTH:
            raise BadInput("The formula is nested deeper than {most}.", field=self.field, most=MOST_DEPTH)
        if self.sign("-"):
            return Negative(self.factor(depth + 1))
        if self.sign("("):
            found = self.formula(depth + 1)
            self.need(")")
            return found
        token = self.next
        if token is None or token.kind == "sign":
            raise self.wrong()
        self.at += 1
        if token.kind == "number":
            return Constant(Decimal(token.text))
        return self.function(token, depth + 1) if self.sign("(") else Name(token.text)

    def function(self, name: _Token, depth: int) -> Formula:
        """A function after its opening bracket."""
        called = functions.called(name.text)
        if called not in functions.KNOWN:
            near = get_close_matches(called, functions.KNOWN, n=2, cutoff=0.5) or functions.KNOWN
            raise BadInput("There is no function {name}. Possible: {near}.", field=self.field, name=name.text[:40],
                           near=", ".join(near))  # fmt: skip
        first = self.formula(depth)
        found: Formula
        if called == "if_missing":
            self.need(",")
            found = Otherwise(first, self.formula(depth))
        elif called in (RANK, CUMULATIVE):
            found = Among(called, first, tuple(self.dimensions()))
        else:
            found = self.framed(called, first)
        self.need(")")
        return found

    def framed(self, name: str, of: Formula) -> Formula:
        """What looks elsewhere, after the formula that is looked at."""
        frame = functions.SHORT.get(name, name)
        keep = tuple(self.dimensions()) if frame == TOTAL else ()
        found = Framed(Frame(frame, 1 if frame == TOTAL else self.steps(frame), keep), of)
        return functions.written_out(name, found) if name in functions.SHORT else found

    def need(self, sign: str) -> None:
        """The sign must come next. Raises BadInput."""
        if not self.sign(sign):
            raise self.wrong()

    def dimensions(self) -> Iterator[str]:
        while self.sign(","):
            token = self.next
            if token is None or token.kind != "name":
                raise self.wrong()
            self.at += 1
            yield token.text

    def steps(self, name: str) -> int:
        """How many periods: 1 where it is not said."""
        if name in TO_DATE or (name != MOVING_MEAN and not self.sign(",")):
            return 1
        said = name != MOVING_MEAN or bool(self.sign(","))
        token = self.next
        if (
            not said
            or token is None
            or token.kind != "number"
            or not token.text.isdigit()
            or not 1 <= int(token.text) <= MOST_STEPS
        ):
            raise BadInput("{name} needs a whole number of periods from 1 to {most}.", field=self.field, name=name,
                           most=MOST_STEPS)  # fmt: skip
        self.at += 1
        return int(token.text)
