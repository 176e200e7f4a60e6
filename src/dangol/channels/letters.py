"""What an advertising message looks like: label, sender and free refusal are added by the product, not by the planner.

Source: Network Act art. 50(4) and (6), Decree art. 61(3).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.channels import links, template
from dangol.channels.rules import Outgoing, one_line
from dangol.customers.consent import reads as consent

NAMES = ("name", "offer", "link", "survey", "company", "contact")
SURVEY = re.compile(r"\{\{\s*survey\s*\}\}")
LISTS = ("offers",)
STYLE = "font-family:sans-serif;font-size:16px;line-height:1.6;max-width:36em;margin:auto;padding:1em"
# Every way people write the label by hand; only the product writes it, in the one form the law knows.
LOOKALIKE = re.compile(r"^\s*[\[(（【<〔]?\s*광\s*고\s*[\])）】>〕]?")


@dataclass(frozen=True)
class Content:
    """What a campaign says: templates of subject and body, the text of its link, and the language.

    survey: the title of the survey it leads to, the text of that link; empty for none.
    """

    subject: str
    body: str
    link_label: str
    offer: str
    language: str
    survey: str = ""


def label(language: str) -> str:
    """What the subject of advertising must begin with in a language: \"(광고)\" in Korean, nothing elsewhere."""
    policy = consent.policy_at(timezone.now(), settings.DANGOL.zone)
    return policy.label if language == policy.label_language else ""


def check(content: Content) -> None:
    """Raises BadInput naming field, line and column where subject or body cannot be used as they are."""
    template.parse(one_line(content.subject, field="subject"), names=NAMES)
    template.parse(content.body, names=NAMES, lists=LISTS)
    one_line(content.link_label, field="link_label")


def asks_survey(body: str) -> bool:
    """Whether a message has a place for the link to a survey."""
    return bool(SURVEY.search(body))


def labels_itself(subject: str) -> bool:
    """Whether a subject carries a label of its own, which the product would double or which the law refuses."""
    return bool(LOOKALIKE.match(subject))


class Letter:
    """The letters of one campaign: its templates are read once, then filled for each person."""

    def __init__(self, content: Content) -> None:
        check(content)
        self.content = content
        self.subject = template.parse(content.subject, names=NAMES)
        self.body = template.parse(content.body, names=NAMES, lists=LISTS)

    def fill(self, *, token: str, values: Mapping[str, str], to: str) -> Outgoing:
        """The message for one person. values: name at least. Raises BadInput or TooMuch."""
        options = settings.DANGOL
        content = self.content
        known: template.Values = {
            "offer": content.offer,
            "offers": [line.strip() for line in content.offer.splitlines() if line.strip()],
            "link": links.url(links.CLICK, token),
            "survey": links.url(links.SURVEY, token) if content.survey else "",
            "company": options.company,
            "contact": options.sender_contact,
            **values,
        }
        refuse = links.url(links.PREFERENCE, token)
        mark = label(content.language)
        subject = template.render(self.subject, known).strip()
        text = template.render(self.body, known)
        rich = template.render_html(self.body, known, labels={"link": content.link_label, "survey": content.survey})
        with override(content.language):
            return Outgoing(
                token=token,
                to=to,
                subject=f"{mark} {subject}" if mark else subject,
                text=f"{text.strip()}\n\n--\n{self._sender()}\n{self._refusal()}\n{refuse}\n",
                html=self._frame(rich, refuse),
                headers={"List-Unsubscribe": f"<{refuse}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            )

    def _sender(self) -> str:
        options = settings.DANGOL
        return _("Sent by %(name)s · %(contact)s · %(mail)s") % {
            "name": options.sender_name, "contact": options.sender_contact, "mail": options.mail_from,
        }  # fmt: skip

    def _refusal(self) -> str:
        return _("You can refuse these messages at any time, free of charge:")

    def _frame(self, rich: str, refuse: str) -> str:
        words = _("Refuse these messages")
        link = f'<a href="{html.escape(refuse)}">{html.escape(words)}</a>'
        return (
            f'<!doctype html>\n<html lang="{self.content.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"></head>'
            f'<body style="{STYLE}">'
            f'\n{rich}\n<hr>\n<p style="font-size:13px">{html.escape(self._sender())}<br>\n'
            f"{html.escape(self._refusal())} {link}</p>\n</body></html>\n"
        )
