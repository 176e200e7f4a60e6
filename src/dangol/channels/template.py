"""The grammar of message templates: names, if, for; no attributes, no calls, nothing re-parsed.

    {{ name }}                                    a value
    {% if name %} … {% else %} … {% endif %}      whether a value or list is there
    {% for item in offers %} … {% endfor %}       over one of the named lists; {{ item }} is known inside

Values are texts. What stands in a value is never read as a template. A general template language would hand every
planner a way into the program: see the cases under "Template → code" in the security notes of the docs.
"""

import html
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dangol.base.errors import BadInput, TooMuch
from dangol.channels.rules import N_

MOST_SOURCE = 64 * 1024
MOST_OUTPUT = 256 * 1024
MOST_SECONDS = 0.05  # of this thread, so that no message fails because the machine is busy with something else
MOST_ITEMS = 100
DEEPEST = 4
MARK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
FOR = re.compile(r"for ([a-z][a-z0-9_]{0,39}) in ([a-z][a-z0-9_]{0,39})\Z")

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class If:
    name: str
    yes: tuple["Node", ...]
    no: tuple["Node", ...]


@dataclass(frozen=True)
class For:
    item: str
    over: str
    body: tuple["Node", ...]


Node = Text | Name | If | For


@dataclass(frozen=True)
class _Piece:
    kind: str  # text, name, tag
    text: str
    line: int
    column: int


def _pieces(source: str) -> Iterator[_Piece]:
    end = 0
    for found in MARK.finditer(source):
        if found.start() > end:
            yield _piece("text", source, end, source[end : found.start()])
        kind = "name" if found.group().startswith("{{") else "tag"
        yield _piece(kind, source, found.start(), " ".join(found.group()[2:-2].split()))
        end = found.end()
    if end < len(source):
        yield _piece("text", source, end, source[end:])


def _piece(kind: str, source: str, start: int, text: str) -> _Piece:
    before = source[:start]
    return _Piece(kind, text, before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1)


def _wrong(piece: _Piece, template: str, **params: object) -> BadInput:
    """An error that says where: every template starts with line and column."""
    return BadInput(template, field="body", line=piece.line, column=piece.column, text=piece.text[:60], **params)


class _Parser:
    def __init__(self, source: str, names: Collection[str], lists: Collection[str]) -> None:
        self.pieces = list(_pieces(source))
        self.at = 0
        self.names, self.lists = set(names), set(lists)

    def block(self, closers: Collection[str], depth: int, extra: frozenset[str]) -> tuple[tuple[Node, ...], str]:
        """The nodes up to one of the closing tags (or the end), and which one it was."""
        nodes: list[Node] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if piece.kind == "tag" and piece.text in closers:
                return tuple(nodes), piece.text
            nodes.append(self._node(piece, depth, extra))
        return tuple(nodes), ""

    def _node(self, piece: _Piece, depth: int, extra: frozenset[str]) -> Node:
        if piece.kind == "text":
            for stray in ("{{", "{%", "%}", "}}"):
                if stray in piece.text:
                    raise _wrong(
                        piece, N_("Line {line}, column {column}: “{stray}” is not closed or opened."), stray=stray
                    )
            return Text(piece.text)
        if piece.kind == "name":
            return Name(self._known(piece, piece.text, self.names | extra))
        if depth >= DEEPEST:
            raise _wrong(piece, N_("Line {line}, column {column}: blocks are nested too deeply."))
        return self._tag(piece, depth, extra)

    def _known(self, piece: _Piece, name: str, known: Collection[str]) -> str:
        if not NAME.match(name) or name not in known:
            raise _wrong(
                piece,
                N_("Line {line}, column {column}: “{text}” is not known. Use one of: {known}."),
                known=", ".join(sorted(known)),
            )
        return name

    def _tag(self, piece: _Piece, depth: int, extra: frozenset[str]) -> Node:
        if piece.text.startswith("if "):
            name = self._known(piece, piece.text[3:], self.names | self.lists | extra)
            yes, closer = self.block(("else", "endif"), depth + 1, extra)
            no: tuple[Node, ...] = ()
            if closer == "else":
                no, closer = self.block(("endif",), depth + 1, extra)
            self._closed(piece, closer)
            return If(name, yes, no)
        loop = FOR.match(piece.text)
        if loop:
            item, over = loop.groups()
            self._known(piece, over, self.lists)
            body, closer = self.block(("endfor",), depth + 1, extra | {item})
            self._closed(piece, closer)
            return For(item, over, body)
        raise _wrong(
            piece, N_("Line {line}, column {column}: “{text}” cannot be used. There are only if, else and for.")
        )

    def _closed(self, piece: _Piece, closer: str) -> None:
        if not closer:
            raise _wrong(piece, N_("Line {line}, column {column}: “{text}” has no end."))


def parse(source: str, *, names: Collection[str], lists: Collection[str] = ()) -> tuple[Node, ...]:
    """A template as nodes. Raises BadInput naming line and column, TooMuch for a source over 64 KiB."""
    if len(source.encode()) > MOST_SOURCE:
        raise TooMuch("The template is longer than {most} KB.", field="body", most=MOST_SOURCE // 1024)
    parser = _Parser(source, names, lists)
    nodes, _closer = parser.block((), 0, frozenset())
    return nodes


class _Page:
    """Collects output within the limits of size and time."""

    def __init__(self, show: Callable[[str, str], str], clock: Callable[[], float]) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.show, self.clock = show, clock
        self.until = clock() + MOST_SECONDS

    def add(self, text: str) -> None:
        self.size += len(text.encode())
        if self.size > MOST_OUTPUT or self.clock() > self.until:
            raise TooMuch("The message is too large: at most 256 KB and 50 milliseconds to make it.", field="body")
        self.parts.append(text)

    def write(self, nodes: tuple[Node, ...], values: Values, literal: Callable[[str], str]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.add(literal(node.text))
            elif isinstance(node, Name):
                value = values.get(node.name, "")
                self.add(self.show(node.name, value if isinstance(value, str) else ", ".join(value)))
            elif isinstance(node, If):
                self.write(node.yes if values.get(node.name) else node.no, values, literal)
            else:
                items = values.get(node.over, ())
                for item in list(() if isinstance(items, str) else items)[:MOST_ITEMS]:
                    self.write(node.body, {**values, node.item: item}, literal)


def render(nodes: tuple[Node, ...], values: Values, *, clock: Callable[[], float] = time.thread_time) -> str:
    """The text part of a message. Raises TooMuch over 256 KB or 50 ms."""
    page = _Page(lambda _name, value: value, clock)
    page.write(nodes, values, str)
    return "".join(page.parts)


def render_html(
    nodes: tuple[Node, ...], values: Values, *, labels: Mapping[str, str], clock: Callable[[], float] = time.thread_time
) -> str:
    """The HTML part: paragraphs at blank lines, everything escaped; names in `labels` become links with that text."""

    def show(name: str, value: str) -> str:
        if name in labels:
            return f'<a href="{html.escape(value)}">{html.escape(labels[name])}</a>'
        return html.escape(value)

    page = _Page(show, clock)
    page.write(nodes, values, html.escape)
    paragraphs = re.split(r"\n\s*\n", "".join(page.parts).replace("\r\n", "\n").strip())
    return "\n".join(f"<p>{paragraph.strip().replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)
