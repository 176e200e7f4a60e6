"""Korea's seventeen provinces as tiles, so that a map needs no coast lines and small cities are seen."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


@dataclass(frozen=True)
class Tile:
    """A province. column, row: its place on the grid; the first spelling is the one shown in Korean."""

    code: str
    english: str
    column: int
    row: int
    spellings: tuple[str, ...]


TILES = (
    Tile("seoul", "Seoul", 1, 1, ("서울",)),
    Tile("incheon", "Incheon", 0, 1, ("인천", "inchon", "inch'on")),
    Tile("gyeonggi", "Gyeonggi", 1, 0, ("경기", "kyonggi", "kyunggi")),
    Tile("gangwon", "Gangwon", 2, 0, ("강원", "kangwon")),
    Tile("sejong", "Sejong", 1, 2, ("세종",)),
    Tile("chungnam", "Chungnam", 0, 2, ("충남", "충청남", "chungcheongnam", "southchungcheong", "ch'ungch'ongnam")),
    Tile("chungbuk", "Chungbuk", 2, 1, ("충북", "충청북", "chungcheongbuk", "northchungcheong", "ch'ungch'ongbuk")),
    Tile("daejeon", "Daejeon", 1, 3, ("대전", "taejon")),
    Tile("gyeongbuk", "Gyeongbuk", 2, 2, ("경북", "경상북", "gyeongsangbuk", "northgyeongsang", "kyongsangbuk")),
    Tile("daegu", "Daegu", 2, 3, ("대구", "taegu")),
    Tile("jeonbuk", "Jeonbuk", 0, 3, ("전북", "전라북", "jeollabuk", "northjeolla", "chollabuk")),
    Tile("ulsan", "Ulsan", 3, 3, ("울산",)),
    Tile("gwangju", "Gwangju", 0, 4, ("광주", "kwangju")),
    Tile("jeonnam", "Jeonnam", 1, 4, ("전남", "전라남", "jeollanam", "southjeolla", "chollanam")),
    Tile("gyeongnam", "Gyeongnam", 2, 4, ("경남", "경상남", "gyeongsangnam", "southgyeongsang", "kyongsangnam")),
    Tile("busan", "Busan", 3, 4, ("부산", "pusan")),
    Tile("jeju", "Jeju", 0, 5, ("제주", "cheju")),
)
RANKS = re.compile(  # what a province is called besides its name
    r"(특별자치도|특별자치시|특별시|광역시|직할시|도|시"
    r"|(special)?(selfgoverning|autonomous)(province|city|state)|special(city|state)|metropolitan(city)?"
    r"|province|state|city|do|si)$"
)


def _plain(text: str) -> str:
    """A name without blanks, marks and what kind of province it is."""
    return RANKS.sub("", re.sub(r"[\s\-.'’]", "", text).lower())


_KNOWN = {_plain(spelling): tile for tile in TILES for spelling in (*tile.spellings, tile.code, tile.english)}


def tile_of(text: object) -> Tile | None:
    """The province a region's name means, in any of its usual spellings."""
    return _KNOWN.get(_plain(str(text))) if text is not None else None


def is_korea(texts: Sequence[object]) -> bool:
    """Whether regions can be drawn: each province once, and no more than a few that are none (missing, head office)."""
    found = [tile for text in texts if (tile := tile_of(text))]
    return len(found) > 1 and len(found) == len(set(found)) and len(found) * 2 > len(texts)


def why_not(texts: Iterable[object]) -> str:
    """Why there is no map of some regions: an English sentence of the catalogue."""
    there = [str(text).strip() for text in texts if text is not None]
    if sum(" " in text and tile_of(text.split()[0]) is not None for text in there) * 2 > len(there):
        return N_("These are addresses. The map needs the province alone, so they are shown as bars.")
    if sum(text.endswith(("시", "군", "구")) and not tile_of(text) for text in there) * 2 > len(there):
        return N_("These are cities and districts. The map draws the provinces only, so they are shown as bars.")
    return N_("These regions are not the provinces of Korea, so they are shown as bars.")
