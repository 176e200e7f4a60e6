"""Which reports there are, and what may be asked of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from dangol.base.errors import NotFound
from dangol.insight.analysis.rules import causes, comparison, funnel
from dangol.insight.analysis.rules.findings import N_
from dangol.insight.score import rules as score


@dataclass(frozen=True)
class Option:
    """A whole number a reader may set."""

    name: str
    label: str
    usual: int
    least: int = 1
    most: int = 100_000


@dataclass(frozen=True)
class Choice:
    """One of several ways to look at the same report. values: value -> label; the first is the usual one."""

    name: str
    label: str
    values: Mapping[str, str]

    @property
    def usual(self) -> str:
        """What is shown at first."""
        return next(iter(self.values))


@dataclass(frozen=True)
class Kind:
    """A report.

    splits: dimensions it may be split by, the first the usual one, "" for none. compares: whether it looks at a second
    period. of_people: filtered by what customers are, not by what they bought. months: the usual length of the period.
    definitions: term -> what it means.
    """

    name: str
    title: str
    lead: str
    splits: tuple[str, ...] = ()
    compares: bool = True
    of_people: bool = False
    options: tuple[Option, ...] = ()
    choices: tuple[Choice, ...] = ()
    months: int = 3
    everything: bool = False  # looks at all whole months of data up to the period's end
    subject: tuple[str, ...] = ()  # dimensions whose first value is looked at where nothing was chosen
    definitions: tuple[tuple[str, str], ...] = ()


LEAST = Option("least", N_("Fewest customers of a group"), 30, 2, 10_000)
GOODS = ("product_major", "product_middle", "product_minor", "brand", "product")
PEOPLE = ("segment", "age_band", "branch", "region", "rep")
LEAST_MEANT = (
    N_("Fewest customers of a group"),
    N_("A smaller group is shown without a verdict: its figures swing by chance alone."),
)
LEAST_EXPECTED = (
    N_("Fewest customers of a group"),
    N_("Where fewer than this would be expected, no index is shown: chance would make it."),
)
INDEX_MEANT = (
    N_("Index"),
    N_("The group's share among these customers against its share among all buying customers: 100 is the same."),
)
PERIODS_MEANT = (
    N_("Periods"),
    N_("Whole calendar months in the company's time zone; compared with as many months before, or a year earlier."),
)

KINDS: Mapping[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "causes",
            N_("Sales trend and its causes"),
            N_("What moved sales between two periods: customers, orders, sales per order, or the mix of groups."),
            splits=(*GOODS[:1], "", *GOODS[1:], *PEOPLE, "channel"),
            definitions=(
                (N_("Sales"), N_("Sum of the amounts of all sales lines; returns count negative.")),
                *((causes.LABELS[name], causes.DEFINITIONS[name]) for name in causes.EFFECTS),
                (
                    N_("How it adds up"),
                    N_(
                        "Sales of a group are all buying customers × the share of them who buy in the group × orders "
                        "per customer × sales per order. The change is shared out by the logarithmic mean Divisia "
                        "index (Ang 2005), which leaves no remainder; the last minor unit goes by largest remainders."
                    ),
                ),
                (
                    causes.MOVES[causes.NEW],
                    N_("Their first purchase in the company lies in the period."),
                ),
                (
                    causes.MOVES[causes.RETURNED],
                    N_("Customers already, who bought in the period but not in the one compared with."),
                ),
                PERIODS_MEANT,
            ),
        ),
        Kind(
            "funnel",
            N_("Customer funnel"),
            N_("From accumulated over current to meaningful customers, and whom each step sets apart."),
            of_people=True,
            months=1,
            options=(
                Option("current_days", N_("Days of a current customer"), 180, 7, 3660),
                Option("trial_orders", N_("Orders of a trial"), 1, 1, 20),
                Option("main_orders", N_("Orders of a main customer"), 3, 1, 100),
                Option("low_percent", N_("Low power (percent of the mean)"), 25, 1, 100),
            ),
            definitions=tuple(
                (funnel.LABELS[name], funnel.DEFINITIONS[name])
                for name in (
                    funnel.ACCUMULATED,
                    funnel.PRIZE,
                    funnel.TRIAL,
                    funnel.LEFT,
                    funnel.CURRENT,
                    funnel.SECONDARY,
                    funnel.LOW,
                    funnel.MEANINGFUL,
                )
            ),
        ),
        Kind(
            "cohorts",
            N_("Cohorts"),
            N_("How many customers of each month stay, month after month."),
            compares=False,
            months=12,
            options=(LEAST,),
            choices=(Choice("by", N_("Counted by"), {"customers": N_("Customers"), "money": N_("Sales")}),),
            definitions=(
                (
                    N_("Cohort"),
                    N_(
                        "Customers by the month of their first purchase. Under a condition on goods or channels: of "
                        "the first purchase of those."
                    ),
                ),
                (
                    N_("By customers"),
                    N_("The share of the cohort who bought something in the month so many months later."),
                ),
                (N_("By sales"), N_("The cohort's sales in that month as a share of its sales in the first month.")),
                LEAST_MEANT,
            ),
        ),
        Kind(
            "profile",
            N_("Customer profile of goods"),
            N_("Who buys a brand or class: more or less often than among all buyers."),
            splits=("age_band", "segment", "branch", "region"),
            compares=False,
            subject=("brand", "product_major"),
            options=(LEAST,),
            definitions=(
                (N_("Choosing the goods"), N_("Choose a brand or class under the conditions.")),
                INDEX_MEANT,
                LEAST_EXPECTED,
            ),
        ),
        Kind(
            "group",
            N_("Characteristics of an RFM segment"),
            N_("Who its customers are, how they buy and what they prefer, beside everybody."),
            compares=False,
            months=12,
            of_people=True,
            options=(LEAST,),
            choices=(
                Choice("segment", N_("RFM segment"), {code: score.STRATEGIES[code].name for code in score.SEGMENTS}),
            ),
            definitions=(
                (N_("RFM segment"), N_("The segment of the customer today, also for purchases of earlier months.")),
                INDEX_MEANT,
                LEAST_EXPECTED,
            ),
        ),
        Kind(
            "purchases",
            N_("Purchase characteristics"),
            N_("When customers buy, after how many days again, and how much at once."),
            compares=False,
            definitions=(
                (
                    N_("Days between two purchase days"),
                    N_("Between a purchase day and the one before of the same customer; it belongs to the later day."),
                ),
                (N_("Hours"), N_("By the company's clock.")),
                (
                    N_("Value of an order"),
                    N_("What was bought, without returns. Orders without a paid line are left out."),
                ),
            ),
        ),
        Kind(
            "prices",
            N_("Price bands"),
            N_("At which prices sales are made, and which band gained or lost."),
            definitions=(
                (
                    N_("Price of a piece"),
                    N_(
                        "The amount of a line divided by its pieces, after discounts. Returns and free goods are left "
                        "out."
                    ),
                ),
                PERIODS_MEANT,
            ),
        ),
        Kind(
            "basket",
            N_("Bought together"),
            N_("Which goods lie in one order more often than by chance."),
            splits=("product_middle", "product_major", "product_minor", "brand", "product"),
            compares=False,
            months=1,
            options=(Option("least", N_("Fewest orders with both"), 30, 2, 1_000_000),),
            definitions=(
                (N_("Support"), N_("The share of all orders that hold both.")),
                (N_("Confidence"), N_("Of the orders with the first, the share that hold the second too.")),
                (
                    N_("Lift"),
                    N_("How many times as often as if the two had nothing to do with each other; 1 is chance."),
                ),
                (N_("Groups looked at"), N_("The 400 groups found in most orders.")),
            ),
        ),
        Kind(
            "seasons",
            N_("Seasonality"),
            N_("How months, weekdays and hours stand to the mean, where there is enough data to say so."),
            compares=False,
            everything=True,
            months=1,
            definitions=(
                (
                    N_("Index of a month"),
                    N_(
                        "Sales a day in the month against those of its own twelve months, the mean over years: growth "
                        "is no season. Needs two whole years."
                    ),
                ),
                (
                    N_("Index of a weekday"),
                    N_("Mean sales of that weekday against the mean of all days. Needs eight weeks."),
                ),
            ),
        ),
        Kind(
            "comparison",
            N_("Branches and sales reps"),
            N_("Who differs by more than chance explains, with fair minimum numbers."),
            splits=("branch", "rep", "region"),
            options=(LEAST,),
            choices=(Choice("measure", N_("Figure"), comparison.MEASURES),),
            definitions=(
                (
                    N_("Limits"),
                    N_(
                        "How far the figure of so many customers may lie from the whole by chance: in 19 of 20 cases "
                        "(95%) and in 998 of 1,000 (99.8%). Where groups differ all over, the limits are wider "
                        "(Spiegelhalter 2005)."
                    ),
                ),
                (
                    comparison.MEASURES[comparison.RETENTION],
                    N_("Of the customers who bought in the period compared with, the share who bought in this one."),
                ),
                LEAST_MEANT,
                PERIODS_MEANT,
            ),
        ),
    )
}


def kind(name: str) -> Kind:
    """A report by its name. Raises NotFound."""
    if name not in KINDS:
        raise NotFound("There is no report {name}. The reports are: {known}.", name=name[:40], known=", ".join(KINDS))
    return KINDS[name]
