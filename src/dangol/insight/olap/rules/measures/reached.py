"""Who was spoken to and what they did: contacts of campaigns, responses, and what was done on web sites."""

from collections.abc import Sequence

from dangol.insight.olap.rules.items import Measure, Unit
from dangol.insight.olap.rules.writing import parse_formula


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


REACHED: Sequence[Measure] = (
    Measure(
        "contacts",
        N_("Contacts"),
        Unit.COUNT,
        N_(
            "Number of contacts of campaigns with customers: who was on the contact list twice counts twice. Split by "
            "period: by the day of contact, where it is known. What a demonstration sent to generated addresses is "
            "not counted."
        ),
        "contacts",
        additive=True,
        zero=True,
        also="touches, 접촉, 접촉수, 접촉건수, 접촉횟수",
    ),
    Measure(
        "contacted_customers",
        N_("Contacted customers"),
        Unit.COUNT,
        N_(
            "Number of different customers on the contact lists of campaigns. Split by period: by the day of "
            "contact, where it is known. What a demonstration sent to generated addresses is not counted."
        ),
        "contacts",
        zero=True,
        also="reach, targeted customers, 접촉고객, 접촉고객수, 도달고객",
    ),
    Measure(
        "responses",
        N_("Responses"),
        Unit.COUNT,
        N_("Number of responses to campaigns, such as redeemed coupons: who responded twice counts twice."),
        "responses",
        additive=True,
        zero=True,
        also="reactions, 반응, 반응수, 반응건수, 응답수, 응답건수",
    ),
    Measure(
        "responding_customers",
        N_("Responding customers"),
        Unit.COUNT,
        N_("Number of different customers with at least one response to a campaign, such as a redeemed coupon."),
        "responses",
        zero=True,
        also="responders, respondents, 반응고객, 반응고객수, 응답고객",
    ),
    Measure(
        "response_rate",
        N_("Response rate"),
        Unit.SHARE,
        N_("Responding customers divided by contacted customers."),
        "responses",
        formula=parse_formula("responding_customers / contacted_customers"),
        also="conversion, conversion rate, campaign response, 반응율, 응답률, 전환율",
    ),
    Measure(
        "web_events",
        N_("Web events"),
        Unit.COUNT,
        N_("Number of things done on web sites, such as a page viewed. Split by event, page, site or link."),
        "events",
        additive=True,
        zero=True,
        also="hits, clickstream, 웹행동, 웹행동수, 웹이벤트",
    ),
    Measure(
        "web_visitors",
        N_("Web visitors"),
        Unit.COUNT,
        N_(
            "Number of different visitors of web sites: a known customer counts once, whatever the number of "
            "browsers; of nobody known each browser counts once."
        ),
        "events",
        zero=True,
        also="visitors, unique visitors, 방문자, 방문자수, 웹방문자",
    ),
    Measure(
        "web_customers",
        N_("Customers on the web"),
        Unit.COUNT,
        N_("Number of different known customers who did something on a web site."),
        "events",
        zero=True,
        also="known visitors, online customers, 웹방문고객, 온라인고객",
    ),
)
