"""What is asked in the explorer: fields, filters, order and what is unfolded; and its address, which is all of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from dangol.base.errors import BadInput

Member = str | int | float | None
Path = tuple[Member, ...]

PLAIN, OF_TOTAL, OF_ROW, OF_COLUMN, LAST_PERIOD, LAST_YEAR = "", "total", "row", "column", "last", "year"
KINDS = (PLAIN, OF_TOTAL, OF_ROW, OF_COLUMN, LAST_PERIOD, LAST_YEAR)
GROWTH = frozenset({LAST_PERIOD, LAST_YEAR})
SHARES = frozenset({OF_TOTAL, OF_ROW, OF_COLUMN})
TOPS = (5, 10, 20, 50, 100, 200)
CHARTS = ("auto", "line", "bar", "pareto", "scatter", "cohort", "map", "none")
MOST_ROWS_FIELDS, MOST_COLUMN_FIELDS, MOST_FIGURES, MOST_FILTERS, MOST_UNFOLDED = 4, 2, 8, 12, 200
MISSING = "~"
HAS, STARTS, ENDS, LACKS = "has", "starts", "ends", "lacks"
WAYS = (HAS, STARTS, ENDS, LACKS)


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


@dataclass(frozen=True)
class Figure:
    """A measure, as it is or compared: its share of a total, or its growth."""

    measure: str
    kind: str = PLAIN

    @property
    def code(self) -> str:
        """How the address says it."""
        return f"{self.measure}:{self.kind}" if self.kind else self.measure


@dataclass(frozen=True)
class Filter:
    """Only these values of a dimension, or all but these; of what has an order also from and to, both included.

    has: only texts that hold this one; way: one of WAYS, where in them, or not at all.
    """

    name: str
    values: tuple[Member, ...] = ()
    out: bool = False
    low: str = ""
    high: str = ""
    has: str = ""
    way: str = HAS

    @property
    def empty(self) -> bool:
        """Whether it lets everything through."""
        return not (self.values or self.low or self.high or self.has)


@dataclass(frozen=True)
class Asked:
    """The whole state of the explorer.

    rows, columns: dimensions from outside in. depth: how many levels of the rows are unfolded; open and shut are the
    exceptions, by their values, so that they stay when measures, order or sorting change. sort: "" as usual, "label",
    or the place of a figure, "-" in front for the largest first, "@" and a path for a single column. every: as a file
    wants it, with every member instead of the largest ones.
    """

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    filters: tuple[Filter, ...] = ()
    where: str = ""
    sort: str = ""
    top: int = 20
    depth: int = 1
    open: tuple[Path, ...] = ()
    shut: tuple[Path, ...] = ()
    totals: bool = True
    heat: bool = False
    chart: str = "auto"
    star: str = ""
    every: bool = False

    @property
    def measures(self) -> list[str]:
        """The measures asked for, each once."""
        return list(dict.fromkeys(figure.measure for figure in self.figures))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions on both axes."""
        return self.rows + self.columns

    def filter_of(self, name: str) -> Filter | None:
        """The filter of a dimension, if there is one."""
        return next((one for one in self.filters if one.name == name), None)

    def unfolded(self, path: Path) -> bool:
        """Whether what is below a member of the rows is shown."""
        if len(path) >= len(self.rows):
            return False
        return path in self.open or (len(path) < self.depth and path not in self.shut)


# ---- the address -----------------------------------------------------------------------------------------------------


def written(value: Member) -> str:
    """A member's value in an address; missing is "~"."""
    return MISSING if value is None else "~" + str(value) if str(value).startswith("~") else str(value)


def _read_value(text: str) -> Member:
    return None if text == MISSING else text[1:] if text.startswith("~") else text


def path_text(path: Path) -> str:
    """A path of values as an address says it."""
    return json.dumps(list(path), ensure_ascii=False, separators=(",", ":"))


def path_from(text: str) -> Path:
    """The path an address says. Raises BadInput."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) > 8 or not all(_is_member(one) for one in found):
        raise BadInput("This address names no cell of the table. Open the explorer again.", field="path")
    return tuple(found)


def _is_member(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def pairs(asked: Asked) -> list[tuple[str, str]]:
    """The state as address parameters, in a fixed order; what is as usual is left out."""
    found = [("star", asked.star)] if asked.star else []
    found += [("rows", name) for name in asked.rows]
    found += [("cols", name) for name in asked.columns]
    found += [("show", figure.code) for figure in asked.figures]
    for one in asked.filters:
        found += [(f"{'not' if one.out else 'is'}.{one.name}", written(value)) for value in one.values]
        found += [
            (f"{end}.{one.name}", text)
            for end, text in (("from", one.low), ("to", one.high), (one.way, one.has))
            if text
        ]
    if asked.where:
        found.append(("where", asked.where))
    usual = Asked()
    for name, value, as_usual in (
        ("sort", asked.sort, usual.sort), ("top", asked.top, usual.top), ("depth", asked.depth, usual.depth),
        ("chart", asked.chart, usual.chart),
    ):  # fmt: skip
        if value != as_usual:
            found.append((name, str(value)))
    found += [("open", path_text(path)) for path in asked.open]
    found += [("shut", path_text(path)) for path in asked.shut]
    found += [("totals", "0")] if not asked.totals else []
    found += [("heat", "1")] if asked.heat else []
    found += [("every", "1")] if asked.every else []
    return found


def query(asked: Asked, **more: str) -> str:
    """The state as a query string, without "?"."""
    return urlencode([*pairs(asked), *((name, value) for name, value in more.items() if value)])


def read(given: Mapping[str, Sequence[str]]) -> Asked:
    """The state of an address: name -> values. Unknown names are left out; too many fields raise BadInput."""

    def first(name: str, usual: str = "") -> str:
        return (list(given.get(name, ())) or [usual])[0]

    rows, columns = _names(given.get("rows", ())), _names(given.get("cols", ()))
    figures = tuple(dict.fromkeys(_figure(text) for text in given.get("show", ()) if text))
    filters = _filters(given)
    for found, most in ((rows, MOST_ROWS_FIELDS), (columns, MOST_COLUMN_FIELDS), (figures, MOST_FIGURES),
                        (filters, MOST_FILTERS)):  # fmt: skip
        if len(found) > most:
            raise BadInput("There is room for {most} fields here. Take one away first.", field="rows", most=most)
    return Asked(
        rows=rows, columns=tuple(name for name in columns if name not in rows), figures=figures, filters=filters,
        where=first("where")[:4000], sort=_sort(first("sort"), len(figures)), top=_among(first("top"), TOPS, 20),
        depth=min(max(_whole(first("depth"), 1), 0), MOST_ROWS_FIELDS),
        open=_paths(given.get("open", ())), shut=_paths(given.get("shut", ())), totals=first("totals") != "0",
        heat=first("heat") == "1", chart=first("chart") if first("chart") in CHARTS else "auto",
        star=first("star")[:60], every=first("every") == "1",
    )  # fmt: skip


def from_query(text: str) -> Asked:
    """The state of a query string. Raises BadInput."""
    return read(parse_qs(text.removeprefix("?"), max_num_fields=1000))


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[:60] for name in given if name))


def _figure(text: str) -> Figure:
    measure, _colon, kind = text.partition(":")
    return Figure(measure[:60], kind if kind in KINDS else PLAIN)


def _filters(given: Mapping[str, Sequence[str]]) -> tuple[Filter, ...]:
    found: dict[str, Filter] = {}
    for key, values in given.items():
        way, dot, name = key.partition(".")
        if not dot or way not in ("is", "not", "from", "to", "text", *WAYS):
            continue
        name = name[:60]
        one = found.get(name, Filter(name))
        if way in ("is", "not"):
            one = replace(one, values=tuple(dict.fromkeys(_read_value(text[:200]) for text in values if text)),
                          out=way == "not")  # fmt: skip
        elif way in ("text", *WAYS):
            typed = (list(values) or [""])[0].strip()[:80]
            one = replace(one, has=typed or one.has, way=_way(given, name) if way == "text" else way)
        else:
            end = (list(values) or [""])[0].strip()[:20]
            one = replace(one, low=end) if way == "from" else replace(one, high=end)
        found[name] = one
    return tuple(one for one in found.values() if not one.empty)


def _way(given: Mapping[str, Sequence[str]], name: str) -> str:
    """How a text is looked for, as a form says it apart from the text."""
    way = (list(given.get(f"way.{name}", ())) or [HAS])[0]
    return way if way in WAYS else HAS


def _paths(given: Iterable[str]) -> tuple[Path, ...]:
    found = tuple(dict.fromkeys(path_from(text[:1000]) for text in given if text))
    if len(found) > MOST_UNFOLDED:
        raise BadInput("There is room for {most} fields here. Take one away first.", field="open", most=MOST_UNFOLDED)
    return found


def _sort(text: str, figures: int) -> str:
    place = text.removeprefix("-").partition("@")[0]
    if place == "label":
        return text[:6]
    return text[:400] if place.isascii() and place.isdecimal() and len(place) < 3 and int(place) < figures else ""


def _whole(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else usual


def _among(text: str, known: Sequence[int], usual: int) -> int:
    return _whole(text, usual) if _whole(text, usual) in known else usual
