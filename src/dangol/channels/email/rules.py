"""What an e-mail address and a header may look like. No Django."""

import re

from dangol.channels.rules import CONTROL

# RFC 5321 allows more (quoted local parts, non-ASCII with SMTPUTF8); what it allows more is what injections are made
# of, and no customer's mailbox in practice needs it.
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
LONGEST, LONGEST_LOCAL = 254, 64
ENHANCED = re.compile(r"\d{3}[ -](\d)\.(\d{1,3})\.(\d{1,3})\b")
OF_SENDER = {"7", "8"}  # 5.1.7 and 5.1.8 speak of the sender's address


def unfit(address: str) -> str:
    """Why an address cannot be used, as a short word, or an empty text.

    Source: RFC 5321 4.1.2 (dot-string only) and 4.5.3.1 (lengths); RFC 1035 2.3.4 for the domain's labels.
    """
    if CONTROL.search(address) or len(address) > LONGEST or address != address.strip():
        return "characters"
    local, at, domain = address.rpartition("@")
    if not at or not LOCAL.match(local) or len(local) > LONGEST_LOCAL:
        return "local part"
    labels = domain.split(".")
    if len(labels) < 2 or not all(LABEL.match(label) for label in labels):
        return "domain"
    return ""


def domain_of(address: str) -> str:
    """The part after the @."""
    return address.rpartition("@")[2]


def unknown_here(answer: str) -> bool:
    """Whether a server's answer to RCPT TO says for good that there is no such mailbox.

    With an enhanced code 5.1.x (addressing) or 5.2.1 (mailbox disabled); 5.7.x is a matter of policy, 5.2.2 a full
    mailbox. Without one 550, 551 and 553. Source: RFC 5321 4.2.2, RFC 3463 3.2 and 3.3.
    """
    if not answer.startswith("5"):
        return False
    code = ENHANCED.match(answer)
    if code is None:
        return answer[:3] in ("550", "551", "553")
    kind, subject, detail = code.groups()
    return kind == "5" and ((subject == "1" and detail not in OF_SENDER) or (subject, detail) == ("2", "1"))
