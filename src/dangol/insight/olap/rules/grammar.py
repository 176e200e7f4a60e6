"""The conditions of a question: a small grammar of our own, read into a tree; nothing is ever evaluated as code.

    condition   := conjunction ("or" conjunction)*
    conjunction := negation ("and" negation)*
    negation    := "not" negation | "(" condition ")" | term
    term        := name (= | == | != | <> | < | <= | > | >=) value
                 | name ["not"] "in" "(" value ("," value)* ")"
                 | name ["not"] "between" value "and" value
                 | name "is" ["not"] ("null" | "missing" | "empty")
                 | name ["not"] ("contains" | "starts" "with" | "ends" "with" | "like") value
                 | name "under" "(" value ("," value)* ")"       (a hierarchy, and a member's path in it)
                 | "ranked" "over" "(" [condition] ")"           (see `Over`)
                 | [period (= | "in")] "last" number "months"    (and the like in both languages: see `recent`)
    value       := 'text' | "text" | number | 2017-03     (a quote inside a text is written twice)
    name        := letters, digits and underscores, or "[" any text "]"

A comparison with a missing value is never true, as in SQL; `is null` or `is missing` asks for it, `is empty` for a
blank text besides. A part of a text is looked for letter by letter, capitals or not; there are no patterns. `like`
takes % at its start and end only: like 'A%' is starts with 'A'. An underscore is an underscore: codes are full of them,
and SQL's "any one letter" would find what nobody asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import (
    MOST_CHARACTERS,
    PARTS,
    And,
    Between,
    Compare,
    Condition,
    Has,
    In,
    IsNull,
    Not,
    Or,
    Over,
    Under,
    Value,
)
from dangol.insight.olap.rules.recent import FORM, recent

MOST_DEPTH = 20
MOST_VALUES = 1_000
TOKEN = re.compile(
    rf"\s*(?:(?P<recent>{FORM})|"
    r"(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<number>-?\d{1,18}(?:\.\d{1,9})?(?![\w.-]))"
    r"|(?P<period>\d{4}-(?:\d{2}(?:-\d{2})?|[qh]\d|w\d{2})(?![\w-]))"
    r"|(?P<name>[^\W\d]\w*)|\[\s*(?P<quoted>[^\[\]]{1,100}?)\s*\]|(?P<sign>==|!=|<>|<=|>=|[=<>(),]))",
    re.IGNORECASE,
)
COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
WORDS = frozenset({"and", "or", "not", "in", "between", "is", "null", "under"})
MISSING = ("missing", "empty")


@dataclass(frozen=True)
class Token:
    kind: str  # text, number, name, word, sign
    text: str
    place: int


def parse(text: str, field: str = "where") -> Condition | None:
    """The condition a text says; None for an empty one. Raises BadInput with the place where it cannot be read."""
    try:
        return _parsed(text)
    except BadInput as wrong:
        raise BadInput(wrong.template, field=field, **wrong.params) from None


def _parsed(text: str) -> Condition | None:
    if len(text) > MOST_CHARACTERS:
        raise BadInput("The condition is longer than {most} characters.", field="where", most=MOST_CHARACTERS)
    if not text.strip():
        return None
    reader = _Reader(list(_tokens(text)))
    found = reader.condition(0)
    if reader.next is not None:
        raise reader.wrong()
    return found


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if found is None:
            raise _unreadable(place + len(text[place:]) - len(text[place:].lstrip()), text[place:].strip()[:20])
        kind = str(found.lastgroup)
        word = found.group(kind)
        if kind == "name" and word.lower() in WORDS:
            kind, word = "word", word.lower()
        yield Token("name" if kind == "quoted" else kind, word, found.start(str(found.lastgroup)))
        place = found.end()


def _unreadable(place: int, near: str) -> BadInput:
    return BadInput(
        "The condition cannot be read at character {place} (“{near}”). Write it like: month = '2017-03' and "
        "brand in ('National', 'Private').",
        field="where",
        place=place + 1,
        near=near,
    )


class _Reader:
    """Reads tokens from left to right, one function a rule of the grammar."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def wrong(self) -> BadInput:
        """The error at the present place."""
        token = self.next
        if token is None:
            return BadInput("The condition ends too early. Something is missing at its end.", field="where")
        return _unreadable(token.place, token.text[:20])

    def take(self, kind: str, *texts: str) -> Token | None:
        """The next token where it is of this kind (and one of these texts), else None."""
        token = self.next
        if token is None or token.kind != kind or (texts and token.text not in texts):
            return None
        self.at += 1
        return token

    def need(self, kind: str, *texts: str) -> Token:
        """The next token, which must be of this kind. Raises BadInput."""
        token = self.take(kind, *texts)
        if token is None:
            raise self.wrong()
        return token

    def condition(self, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise BadInput("The condition is nested deeper than {most}.", field="where", most=MOST_DEPTH)
        parts = [self.conjunction(depth)]
        while self.take("word", "or"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self, depth: int) -> Condition:
        parts = [self.negation(depth)]
        while self.take("word", "and"):
            parts.append(self.negation(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise BadInput("The condition is nested deeper than {most}.", field="where", most=MOST_DEPTH)
        if self.take("word", "not"):
            return Not(self.negation(depth + 1))
        if self.take("sign", "("):
            inside = self.condition(depth + 1)
            self.need("sign", ")")
            return inside
        return self.term(depth)

    def word(self, *texts: str) -> str:
        """The next token where it is one of these words that may also be names, else an empty text."""
        token = self.next
        if token is None or token.kind != "name" or token.text.lower() not in texts:
            return ""
        self.at += 1
        return token.text.lower()

    def recent(self, name: str = "day") -> Condition | None:
        """A period said from the end of the data, where one comes next."""
        token = self.take("recent")
        return recent(token.text, name) if token else None

    def term(self, depth: int) -> Condition:
        if lately := self.recent():
            return lately
        name = self.need("name").text
        if name.lower() == "ranked" and self.word("over"):
            return self.over(depth)
        if self.take("word", "is"):
            negated = self.take("word", "not")
            found: Condition = IsNull(name, blank=self.missing() == "empty")
            return Not(found) if negated else found
        negated = self.take("word", "not")
        if self.take("word", "in"):
            found = self.recent(name) or In(name, self.values())
        elif self.take("word", "under"):
            found = Under(name, self.values())
        elif self.take("word", "between"):
            low = self.value()
            self.need("word", "and")
            found = Between(name, low, self.value())
        elif way := self.word(*PARTS, "like"):
            found = self.part(name, way)
        elif negated:
            raise self.wrong()
        else:
            sign = COMPARISONS[self.need("sign", *COMPARISONS).text]
            return (self.recent(name) if sign == "=" else None) or Compare(name, sign, self.value())
        return Not(found) if negated else found

    def over(self, depth: int) -> Condition:
        self.need("sign", "(")
        inside = None
        if not self.take("sign", ")"):
            inside = self.condition(depth + 1)
            self.need("sign", ")")
        return Over(inside)

    def missing(self) -> str:
        if self.take("word", "null"):
            return "null"
        found = self.word(*MISSING)
        if not found:
            raise self.wrong()
        return found

    def part(self, name: str, way: str) -> Condition:
        """A part of a text, after the word that says where."""
        if way in ("starts", "ends") and not self.word("with"):
            raise self.wrong()
        text = str(self.value())
        start, end = text.startswith("%"), len(text) > 1 and text.endswith("%")
        inside = text[start : len(text) - end] if way == "like" else text
        if not inside:
            raise BadInput("Say which part of {name} to look for: an empty text is in every one. To find what is "
                           "there, write: {name} is not missing.", field="where", name=name)  # fmt: skip
        if way != "like":
            return Has(name, way, text)
        if "%" in inside:
            raise BadInput("like takes % at the start and end only, as in '%cream%'.", field="where")
        if not start and not end:
            return Compare(name, "=", inside)
        return Has(name, "contains" if start and end else "starts" if end else "ends", inside)

    def values(self) -> tuple[Value, ...]:
        self.need("sign", "(")
        found = [self.value()]
        while self.take("sign", ","):
            found.append(self.value())
        self.need("sign", ")")
        if len(found) > MOST_VALUES:
            raise BadInput("A list in the condition has more than {most} values.", field="where", most=MOST_VALUES)
        return tuple(found)

    def value(self) -> Value:
        if token := self.take("text"):
            quote = token.text[0]
            return token.text[1:-1].replace(quote * 2, quote)
        if token := self.take("period"):
            return token.text.upper()
        if token := self.take("number"):
            return float(token.text) if "." in token.text else int(token.text)
        token = self.next
        if token is not None and token.kind == "name":
            raise BadInput("Put texts in quotes: '{text}'.", field="where", text=token.text[:40])
        raise self.wrong()
