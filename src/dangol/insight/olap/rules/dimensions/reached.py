"""The dimensions of responses and of what was done on web sites."""

from collections.abc import Sequence

from dangol.insight.olap.rules.items import Dimension


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


REACHED: Sequence[Dimension] = (
    Dimension(
        "response_kind",
        N_("Kind of response"),
        N_("What the customer did, as the source calls it, such as redeemed."),
        "response",
        "kind",
        also="response type, reaction, 반응종류, 반응유형, 응답유형",
    ),
    Dimension(
        "web_event",
        N_("Web event"),
        N_("What was done on a web site, as the site calls it, such as Product Viewed."),
        "event",
        "event",
        also="event, event name, 이벤트, 웹이벤트종류, 행동",
    ),
    Dimension(
        "web_page",
        N_("Web page"),
        N_("Path of the page on which it was done, without its query."),
        "event",
        "page",
        also="page, page path, url, 페이지",
    ),
    Dimension(
        "web_site",
        N_("Web site"),
        N_("Web site on which it was done."),
        "event",
        "site",
        also="site, website, 웹사이트, 사이트, 홈페이지",
    ),
    Dimension(
        "web_link",
        N_("Campaign link"),
        N_("Campaign named in the link that led to the web site (utm_campaign)."),
        "event",
        "campaign",
        also="utm campaign, utm, 유입캠페인",
    ),
)
