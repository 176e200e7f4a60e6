"""What is asked of a pair of records: comparisons with their levels, and which answers contradict one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Level:
    """One answer. alike: the share of agreement it stands for, 1 the same, 0 different; the start of the estimate."""

    name: str
    when: str
    alike: float
    frequency_of: str = ""


@dataclass(frozen=True)
class Comparison:
    """What is asked. role: which kind of field; label: what people call it."""

    name: str
    role: str
    label: str
    missing: str
    levels: tuple[Level, ...]
    columns: tuple[str, ...] = field(default=())

    def level(self, name: str) -> int:
        """The number of a level, -1 where there is none."""
        return next((n for n, level in enumerate(self.levels) if level.name == name), -1)


SAME, SWAPPED, TYPO, SIMILAR, PART, DIFFERENT = (
    N_("the same"), N_("swapped"), N_("a typing slip apart"), N_("similar"), N_("the same in part"), N_("different")
)  # fmt: skip
NEARBY = N_("the same street, another number")
ELSE = Level(DIFFERENT, "", 0.0)


def _missing(*columns: str) -> str:
    return " OR ".join(f"{column}_{side} IS NULL" for column in columns for side in "lr")


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _slip(column: str, least: int = 4, similar: float = 0.92) -> str:
    """One key wrong, or letters swapped in a longer word."""
    return (f"levenshtein({column}_l, {column}_r) <= 1 OR (length({column}_l) >= {least} AND "
            f"jaro_winkler({column}_l, {column}_r) >= {similar})")  # fmt: skip


SWAP = (
    "(f_l IS NOT NULL AND f_r IS NOT NULL AND g_l <> g_r AND ((g_l = f_r AND f_l = g_r) OR "
    "(gbag_l IS NULL AND gbag_r IS NULL AND jaro_winkler(gx_l, fx_r) >= 0.88 AND jaro_winkler(fx_l, gx_r) >= 0.88 "
    "AND jaro_winkler(gx_l, gx_r) < 0.88)))"
)


def given(both: bool) -> Comparison:
    """A given name. both: there is a family name too, with which it may be swapped."""
    levels = [Level(SAME, _same("g"), 1.0, "g")]
    if both:
        levels.append(Level(SWAPPED, SWAP, 0.9))
    hangul_part = "gbag_l IS NOT NULL AND gbag_r IS NOT NULL AND length(g_l) > 1 AND length(g_r) > 1 AND "
    levels += [
        Level(TYPO, f"gbag_l = gbag_r OR (gbag_l IS NULL AND ({_slip('gx')})) OR "
                    "(gbag_l IS NOT NULL AND levenshtein(gx_l, gx_r) <= 1)", 0.8),
        Level(PART, f"{hangul_part}(left(g_l, 1) = left(g_r, 1) OR right(g_l, 1) = right(g_r, 1))", 0.4),
        Level(SIMILAR, "gbag_l IS NULL AND (jaro_winkler(gx_l, gx_r) >= 0.85 OR "
                       "((length(g_l) = 1 OR length(g_r) = 1) AND left(g_l, 1) = left(g_r, 1)))", 0.4),
        ELSE,
    ]  # fmt: skip
    return Comparison("given", "given", N_("Given name"), _missing("g"), tuple(levels), ("g",))


def family(both: bool) -> Comparison:
    """A family name; not asked where given and family name are swapped, which the given name has counted."""
    swapped = f" OR (g_l IS NOT NULL AND g_r IS NOT NULL AND {SWAP})" if both else ""
    levels = (
        Level(SAME, _same("f"), 1.0, "f"),
        Level(
            TYPO, f"fbag_l IS NULL AND ({_slip('fx')}) OR (fbag_l IS NOT NULL AND levenshtein(fx_l, fx_r) <= 1)", 0.7
        ),
        Level(SIMILAR, "fbag_l IS NULL AND jaro_winkler(fx_l, fx_r) >= 0.85", 0.4),
        ELSE,
    )
    return Comparison("family", "family", N_("Family name"), _missing("f") + swapped, levels, ("f",))


def birth(column: str) -> Comparison:
    """A day of birth: the same, day and month swapped, one digit off, two of year, month and day the same."""
    levels = (
        Level(SAME, _same(column), 1.0),
        Level(SWAPPED, f"{column}_l = {column}swap_r", 0.8),
        Level(TYPO, f"levenshtein({column}_l, {column}_r) <= 1", 0.7),
        Level(PART, f"{column}md_l = {column}md_r OR ({column}year_l = {column}year_r AND (left({column}md_l, 2) = "
                    f"left({column}md_r, 2) OR right({column}md_l, 2) = right({column}md_r, 2)))", 0.4),
        ELSE,
    )  # fmt: skip
    return Comparison("birth", "birth", N_("Day of birth"), _missing(column), levels, (column,))


def birth_year(column: str) -> Comparison:
    """A year of birth."""
    levels = (
        Level(SAME, _same(column), 1.0),
        Level(SIMILAR, f"abs(CAST({column}_l AS INT) - CAST({column}_r AS INT)) <= 1", 0.4),
        ELSE,
    )
    return Comparison("birth_year", "birth", N_("Year of birth"), _missing(column), levels, (column,))


def birth_year_alone(one: Comparison) -> Comparison:
    """The year of birth, asked where one of the two has no day."""
    return replace(one, missing=f"({one.missing}) OR (birth_l IS NOT NULL AND birth_r IS NOT NULL)")


def phone(column: str, name: str) -> Comparison:
    """A telephone number: the same, the same last eight digits, one digit off."""
    levels = (
        Level(SAME, f"{_same(column)} OR {_same(column + 'tail')}", 1.0),
        Level(TYPO, f"levenshtein({column}_l, {column}_r) <= 1", 0.6),
        ELSE,
    )
    return Comparison(name, "phone", N_("Phone"), _missing(column), levels, (column,))


def email(column: str, name: str) -> Comparison:
    """An e-mail address: the same, the same first part, a typing slip."""
    levels = (
        Level(SAME, _same(column), 1.0),
        Level(SIMILAR, f"{_same(column + 'local')} OR levenshtein({column}_l, {column}_r) <= 2", 0.6),
        ELSE,
    )
    return Comparison(name, "email", N_("E-mail"), _missing(column), levels, (column,))


def address(column: str, name: str) -> Comparison:
    """An address: the same, nearly, the same building, half of the words the same; then the same street elsewhere."""
    number = f"({column}no_l IS NULL OR {column}no_r IS NULL OR {_same(column + 'no')})"
    slip = (f"(levenshtein({column}_l, {column}_r) <= 2 AND length({column}_l) >= 5 OR "
            f"jaro_winkler({column}_l, {column}_r) >= 0.95)")  # fmt: skip
    shared = (f"(words_shared({column}words_l, {column}words_r) * 2 >= greatest({column}count_l, {column}count_r) "
              f"OR jaro_winkler({column}_l, {column}_r) >= 0.88)")  # fmt: skip
    levels = (
        Level(SAME, _same(column), 1.0, column),
        Level(TYPO, f"{slip} AND {number}", 0.7),
        Level(PART, _same(f"{column}house"), 0.5),
        Level(SIMILAR, f"{shared} AND {number}", 0.3),
        Level(NEARBY, f"{slip} OR {shared}", 0.1),
        ELSE,
    )
    return Comparison(name, "address", N_("Address"), _missing(column), levels, (column,))


def title(column: str, name: str) -> Comparison:
    """The name of a firm or a thing."""
    shorter = f"least({column}count_l, {column}count_r)"
    levels = (
        Level(SAME, _same(column), 1.0, column),
        Level(TYPO, f"jaro_winkler({column}_l, {column}_r) >= 0.93 OR levenshtein({column}_l, {column}_r) <= 1", 0.8),
        Level(PART, f"words_shared({column}words_l, {column}words_r) >= {shorter} OR (length({column}_l) >= 5 AND "
                    f"length({column}_r) >= 5 AND (left({column}_l, length({column}_r)) = {column}_r OR "
                    f"left({column}_r, length({column}_l)) = {column}_l))", 0.7),
        Level(SIMILAR, f"jaro_winkler({column}_l, {column}_r) >= 0.82 OR words_shared({column}words_l, "
                       f"{column}words_r) * 2 >= {shorter}", 0.4),
        ELSE,
    )  # fmt: skip
    return Comparison(name, "title", N_("Name"), _missing(column), levels, (column,))


def place(postcode: str, city: str, region: str) -> Comparison:
    """Where somebody lives, of postcode, city and region what there is: one fact, so one comparison."""
    post, town = postcode and _same(postcode), city and _same(city)
    near = postcode and f"levenshtein({postcode}_l, {postcode}_r) <= 1"
    near_town = city and f"({_slip(city)})"
    levels: list[Level] = []
    if post and town:
        levels.append(Level(N_("the same postcode and city"), f"{post} AND {town}", 1.0, postcode))
        levels.append(Level(TYPO, f"({post} AND {near_town}) OR ({town} AND ({near}))", 0.8))
    if post:
        levels.append(Level(N_("the same postcode"), post, 0.7 if town else 1.0, postcode))
    if town:
        levels.append(Level(N_("the same city"), town, 0.6 if post else 1.0, city))
    if near or near_town:
        levels.append(Level(SIMILAR, " OR ".join(part for part in (near, near_town) if part), 0.4))
    if region:
        levels.append(Level(N_("the same region"), _same(region), 0.2 if (post or town) else 1.0, region))
    levels.append(ELSE)
    asked = [column for column in (postcode, city, region) if column]
    missing = " AND ".join(f"({_missing(column)})" for column in asked)
    return Comparison("place", "place", N_("Region or city"), missing, tuple(levels), tuple(asked))


def code(column: str, name: str) -> Comparison:
    """An identity or membership number."""
    levels = (
        Level(SAME, _same(column), 1.0),
        Level(TYPO, f"length({column}_l) >= 5 AND (levenshtein({column}_l, {column}_r) <= 1 OR "
                    f"jaro_winkler({column}_l, {column}_r) >= 0.94)", 0.7),
        ELSE,
    )  # fmt: skip
    return Comparison(name, "code", N_("Identity number"), _missing(column), levels, (column,))


def number(column: str, name: str) -> Comparison:
    """A street number."""
    levels = (
        Level(SAME, _same(column), 1.0),
        Level(TYPO, f"length({column}_l) >= 2 AND levenshtein({column}_l, {column}_r) <= 1", 0.5),
        ELSE,
    )
    return Comparison(name, "street_number", N_("Street number"), _missing(column), levels, (column,))


def text(column: str, name: str, label: str = N_("Free text")) -> Comparison:
    """Any other text."""
    levels = (
        Level(SAME, _same(column), 1.0, column),
        Level(SIMILAR, f"length({column}_l) >= 4 AND length({column}_r) >= 4 AND ({_slip(column, 4, 0.9)})", 0.6),
        ELSE,
    )
    return Comparison(name, "text", label, _missing(column), levels, (column,))


def category(column: str, name: str, role: str, label: str) -> Comparison:
    """One of a few values."""
    same = Level(SAME, _same(column), 1.0, column if role != "gender" else "")
    return Comparison(name, role, label, _missing(column), (same, ELSE), (column,))


Levels = Mapping[str, int]
# At most this share of one person's records differ in a field: what a class of pairs must keep to be called a match.
DIFFER_MOST = {
    "given": 0.3, "family": 0.4, "title": 0.3, "birth": 0.3, "code": 0.4, "gender": 0.1, "phone": 0.7, "email": 0.7,
    "address": 0.75, "place": 0.75, "street_number": 0.75, "text": 0.75, "category": 0.75,
}  # fmt: skip


@dataclass(frozen=True)
class Vetoes:
    """Which answers show two people, whatever else agrees.

    Members of a household share family name, telephone, address and e-mail; twins their day of birth too. What tells
    them apart is the given name. twins: another given name is never a slip of the same person's, because people of
    one household are in the data; half: nor is one that is the same in part.
    """

    twins: bool = False
    half: bool = False

    def forbids(self, comparisons: Sequence[Comparison], levels: Levels) -> bool:
        """Whether a pair cannot be one person. levels: comparison -> level, -1 missing."""
        answers = Answers(comparisons, levels)
        name, born = answers.of("given"), answers.of("birth")
        if not name or answers.any_same("code"):
            return False
        other = name == DIFFERENT or (name == PART and born in (DIFFERENT, PART))
        if other and (born in (DIFFERENT, PART, SIMILAR) or answers.of("gender") == DIFFERENT):
            return True
        if self.twins and (
            name == DIFFERENT
            or (name == PART and born not in (SAME, SWAPPED))
            or (name == TYPO and (born in (DIFFERENT, PART) or answers.of("family") == DIFFERENT))
        ):
            return True
        return name == PART and (self.half or answers.of("gender") == DIFFERENT)


class Answers:
    """The answers of one pair by role."""

    def __init__(self, comparisons: Sequence[Comparison], levels: Levels) -> None:
        self.comparisons, self.levels = comparisons, levels

    def of(self, role: str) -> str:
        """The level of the first comparison of a role, empty where it is missing."""
        for one in self.comparisons:
            if one.role == role and self.levels[one.name] >= 0:
                return one.levels[self.levels[one.name]].name
        return ""

    def another_name(self) -> bool:
        """Whether all names there are differ, and nothing else that few share is the same: no example of a match."""
        roles = [role for role in ("given", "family", "title") if self.of(role)]
        return (
            bool(roles)
            and all(self.of(role) == DIFFERENT for role in roles)
            and not self.any_same("code", "phone", "email")
        )

    def any_same(self, *roles: str) -> bool:
        """Whether any comparison of these roles found the same value."""
        return any(one.role in roles and self.levels[one.name] == 0 for one in self.comparisons)

    def share_a_home(self) -> bool:
        """Whether two records have the same telephone or e-mail, or live at one address: street, number and place."""
        if self.any_same("phone", "email"):
            return True
        if not self.any_same("address"):
            return False
        rest = [one for one in self.comparisons if one.role in ("street_number", "place")]
        return all(self.levels[one.name] <= (one.role == "place") for one in rest)


def vetoes_of(comparisons: Sequence[Comparison], patterns: Sequence[tuple[Levels, float]]) -> Vetoes:
    """Whether people of one household are in the data, learnt from what pairs look like.

    patterns: levels and how many pairs have them. Households are there where pairs with the same family name that
    share a telephone, an address or an e-mail differ in given name and birth; twins' names that are the same in part
    are told from slips by whether entirely different names are about as frequent among the pairs born on one day.
    """
    people = household = different = part = 0.0
    for levels, pairs in patterns:
        answers = Answers(comparisons, levels)
        if answers.of("family") != SAME or not answers.share_a_home():
            continue
        name, born = answers.of("given"), answers.of("birth")
        people += pairs * (name == SAME and born in (SAME, ""))
        household += pairs * (name == DIFFERENT and born in (DIFFERENT, PART))
        different += pairs * (name == DIFFERENT and born == SAME)
        part += pairs * (name == PART and born == SAME)
    twins = household > 0.05 * people + 3
    return Vetoes(twins=twins, half=twins and different > 0.25 * part)
