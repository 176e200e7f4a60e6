"""The functions of formulas as people call them, and those that are short for a formula."""

from collections.abc import Mapping
from dataclasses import replace

from dangol.insight.olap.rules.formulas import FUNCTIONS, RANK, Formula, Framed, Operation
from dangol.insight.olap.rules.frames import MOVING_MEAN, PREVIOUS, TOTAL, YEAR_BEFORE

GROWTH, YEAR_GROWTH, SHARE = "growth", "year_growth", "share"
SHORT: Mapping[str, str] = {GROWTH: PREVIOUS, YEAR_GROWTH: YEAR_BEFORE, SHARE: TOTAL}  # short for a formula with it
ALSO: Mapping[str, str] = {
    "ytd": "year_to_date", "qtd": "quarter_to_date", "mtd": "month_to_date", "연누계": "year_to_date",
    "월누계": "month_to_date", "분기누계": "quarter_to_date",
    "prev": PREVIOUS, "lag": PREVIOUS, "last_period": PREVIOUS, "전기": PREVIOUS, "last_year": YEAR_BEFORE,
    "prior_year": YEAR_BEFORE, "전년": YEAR_BEFORE, "moving_average": MOVING_MEAN, "rolling_mean": MOVING_MEAN,
    "이동평균": MOVING_MEAN, "합계": TOTAL, "전체": TOTAL, "순위": RANK, "누적": "cumulative",
    "running_total": "cumulative", "coalesce": "if_missing", "ifnull": "if_missing", "nvl": "if_missing",
    "mom": GROWTH, "qoq": GROWTH, "wow": GROWTH, "증감률": GROWTH, "증가율": GROWTH, "성장률": GROWTH,
    "전기대비": GROWTH, "전월대비": GROWTH, "yoy": YEAR_GROWTH, "전년대비": YEAR_GROWTH,
    "percent_of_total": SHARE, "비중": SHARE, "구성비": SHARE, "점유율": SHARE,
}  # fmt: skip
KNOWN = (*FUNCTIONS, *SHORT)
TWO_PARTS = ("if_missing", MOVING_MEAN)  # they need more than a measure


def called(text: str) -> str:
    """The function a word stands for, the word itself where there is none."""
    said = text.casefold()
    return ALSO.get(said, said)


def written_out(name: str, found: Framed) -> Formula:
    """A short function as the formula it stands for. found: what it looks at elsewhere."""
    here = found.of
    if name == SHARE:
        return Operation("/", here, found)
    return Operation("/", Operation("-", here, found), replace(found))


def said_formula(text: str) -> str:
    """The formula of a measure said with a function before or behind it, as in "sales yoy"; empty where it is none."""
    words = text.split()
    if len(words) < 2:
        return ""
    for name, rest in ((words[-1], words[:-1]), (words[0], words[1:])):
        function, inside = called(name), " ".join(rest).removeprefix("of ")
        if function in KNOWN and function not in TWO_PARTS and inside:
            return f"{function}([{inside}])"
    return ""
