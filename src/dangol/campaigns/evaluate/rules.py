"""What two counted groups say about a campaign: differences with intervals, money, and when there is too little."""

from dataclasses import dataclass
from math import ceil, sqrt

from scipy.stats import chi2, norm, t

from dangol.campaigns.knowledge.rules import CONFIDENCE, Rate, wilson


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


MORE, FEWER, NO_DIFFERENCE, NOT_ENOUGH, NOT_OVER = "more", "fewer", "no_difference", "not_enough", "not_over"
VERDICTS = {
    MORE: N_("The campaign worked: more than by chance."),
    FEWER: N_("The campaign did harm: less than by chance."),
    NO_DIFFERENCE: N_("No effect can be told from chance."),
    NOT_ENOUGH: N_("There is not enough data to judge."),
    NOT_OVER: N_("The days that count are not over yet."),
}
LEAST_PEOPLE = 30  # per cell: below it the interval of a mean cannot be trusted
LEAST_EVENTS = 5  # buyers and non-buyers per cell: below it an interval of a share says next to nothing
SUSPICIOUS = 0.001  # Fabijan et al. 2019, Diagnosing Sample Ratio Mismatch, KDD: the bound in use there


@dataclass(frozen=True)
class Cell:
    """What the engine counted of one cell: people, buyers, orders, sum and sum of squares of sales per customer."""

    people: int
    buyers: int
    orders: int
    total: int
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.people

    @property
    def variance(self) -> float:
        """Sample variance of sales per customer, n - 1 in the denominator."""
        return max(0.0, (self.squares - self.total**2 / self.people) / (self.people - 1))


@dataclass(frozen=True)
class Difference:
    """A difference between contacted and control group, with its interval."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        if self.low > 0:
            return MORE
        return FEWER if self.high < 0 else NO_DIFFERENCE


def share_difference(
    hits: int, total: int, hits_control: int, total_control: int, confidence: float = CONFIDENCE
) -> Difference:
    """Difference of two independent shares with the hybrid score interval.

    Source: Newcombe 1998, Stat. Med. 17:873-890, method 10.
    """
    one, two = wilson(hits, total, confidence), wilson(hits_control, total_control, confidence)
    value = one.share - two.share
    low = value - sqrt((one.share - one.low) ** 2 + (two.high - two.share) ** 2)
    high = value + sqrt((one.high - one.share) ** 2 + (two.share - two.low) ** 2)
    return Difference(value, low, high)


def mean_difference(target: Cell, control: Cell, confidence: float = CONFIDENCE) -> Difference:
    """Difference of sales per customer, minor units, with Welch's interval.

    Where neither group varies at all the interval has no width. Source: Welch 1947, Biometrika 34:28-35; degrees of
    freedom by Satterthwaite 1946, Biometrics Bulletin 2:110-114.
    """
    value = target.mean - control.mean
    one, two = target.variance / target.people, control.variance / control.people
    if one + two == 0:
        return Difference(value, value, value)
    freedom = (one + two) ** 2 / (one**2 / (target.people - 1) + two**2 / (control.people - 1))
    half = float(t.ppf((1 + confidence) / 2, freedom)) * sqrt(one + two)
    return Difference(value, value - half, value + half)


def sample_ratio(people: int, people_control: int, control_percent: int) -> float:
    """How likely a split at least as uneven as this one is by chance (p); a tiny one means people got lost.

    Source: chi-square goodness of fit with one degree of freedom; Fabijan et al. 2019, KDD.
    """
    whole = people + people_control
    wanted = whole * control_percent / 100
    if not 0 < wanted < whole:
        return 1.0
    statistic = (people_control - wanted) ** 2 / wanted + (people - (whole - wanted)) ** 2 / (whole - wanted)
    return float(chi2.sf(statistic, 1))


@dataclass(frozen=True)
class Need:
    """What is missing for a judgement: people (per smaller cell) or buyers; have and need."""

    what: str  # people, buyers, others
    cell: str
    have: int
    need: int


def missing(target: Cell, control: Cell, metric: str) -> list[Need]:
    """What the groups lack for a judgement by a measure; empty when there is enough.

    Only a share needs people who did not buy: where nearly everyone does, sales per customer can still be judged.
    """
    found = []
    for name, cell in (("target", target), ("control", control)):
        if cell.people < LEAST_PEOPLE:
            found.append(Need("people", name, cell.people, LEAST_PEOPLE))
        if cell.buyers < LEAST_EVENTS:
            found.append(Need("buyers", name, cell.buyers, LEAST_EVENTS))
        if metric == "buyers" and cell.people - cell.buyers < LEAST_EVENTS:
            found.append(Need("others", name, cell.people - cell.buyers, LEAST_EVENTS))
    return found


def people_needed(share: float, rise: float, *, control_percent: int, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many people in both groups together would show a true rise of a share with this power.

    Source: normal approximation, Chow, Shao, Wang 2008, Sample Size Calculations in Clinical Research, 4.2.
    """
    kept = control_percent / 100
    raised = min(1.0, max(0.0, share + rise))
    reach = float(norm.ppf(1 - alpha / 2) + norm.ppf(power))
    spread = raised * (1 - raised) / (1 - kept) + share * (1 - share) / kept
    return ceil(reach**2 * spread / rise**2)


@dataclass(frozen=True)
class Costs:
    """What a campaign costs, in minor units; discount falls due per order of the contacted group."""

    fixed: int
    per_message: int
    messages: int
    discount: int
    margin_percent: int


@dataclass(frozen=True)
class Money:
    """What it brought, minor units, each with the interval of the sales difference. roi: None without cost."""

    sales: Difference
    cost: int
    profit: Difference
    roi: Difference | None


def money(per_customer: Difference, target: Cell, costs: Costs) -> Money:
    """Additional sales of the whole contacted group, cost, profit and return on cost."""
    cost = costs.fixed + costs.per_message * costs.messages + costs.discount * target.orders
    sales = _scaled(per_customer, target.people, 0)
    profit = _scaled(sales, costs.margin_percent / 100, -cost)
    roi = _scaled(profit, 1 / cost, 0) if cost else None
    return Money(sales, cost, profit, roi)


def _scaled(what: Difference, factor: float, plus: float) -> Difference:
    return Difference(what.value * factor + plus, what.low * factor + plus, what.high * factor + plus)


@dataclass(frozen=True)
class Judgement:
    """A campaign judged. shares, sales and money are None where there is not enough data; needs says what lacks.

    ratio: p of the sample ratio check; suspicious when it is too small to be chance.
    """

    verdict: str
    target: Cell
    control: Cell
    share_target: Rate | None
    share_control: Rate | None
    shares: Difference | None
    sales: Difference | None
    money: Money | None
    needs: tuple[Need, ...]
    ratio: float
    suspicious: bool


def judge(target: Cell, control: Cell, *, metric: str, control_percent: int, costs: Costs, over: bool) -> Judgement:
    """Judge the groups as they were drawn (intention to treat): everyone drawn counts, delivered or not.

    metric: buyers or sales decides the verdict. over: whether all days that count are in the data.
    """
    ratio = sample_ratio(target.people, control.people, control_percent)
    needs = tuple(missing(target, control, metric))
    rates = [wilson(cell.buyers, cell.people) if cell.people else None for cell in (target, control)]
    if needs or not over:
        verdict = NOT_OVER if not over else NOT_ENOUGH
        return Judgement(
            verdict, target, control, rates[0], rates[1], None, None, None, needs, ratio, ratio < SUSPICIOUS
        )  # fmt: skip
    shares = share_difference(target.buyers, target.people, control.buyers, control.people)
    sales = mean_difference(target, control)
    decided = (shares if metric == "buyers" else sales).verdict
    return Judgement(
        decided, target, control, rates[0], rates[1], shares, sales, money(sales, target, costs), (), ratio,
        ratio < SUSPICIOUS,
    )  # fmt: skip
