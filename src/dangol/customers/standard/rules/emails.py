"""E-mail addresses: one standard form, refusals of what injections are made of, suggestions for slips of the hand.

Source: RFC 5321 4.1.2 (dot-string only: quoted local parts are refused) and 4.5.3.1 (lengths); RFC 1035 2.3.4. The
local part is in lower case as well: it could tell two mailboxes apart by the RFC, but no provider lets it, and two
spellings of one person would never meet.
"""

import re

from dangol.customers.standard.rules.texts import cleaned, narrow

LONGEST, LONGEST_LOCAL = 254, 64
SURE = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_BROKEN = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ANGLE = re.compile(r"^[^<>@]*<([^<>]*)>$")
_EDGES = " \t.,;:'\"<>()[]`"
# Mail providers most customers use; a domain one letter off from them is most likely a slip.
PROVIDERS = (
    "naver.com", "gmail.com", "daum.net", "hanmail.net", "nate.com", "kakao.com", "outlook.com", "hotmail.com",
    "yahoo.com", "yahoo.co.kr", "icloud.com", "korea.com", "dreamwiz.com", "hanmir.com", "paran.com", "lycos.co.kr",
    "live.com", "msn.com", "me.com", "proton.me",
)  # fmt: skip
_SLIPS = {
    "naver.co.kr": "naver.com", "gmail.co.kr": "gmail.com", "gmail.net": "gmail.com", "hanmail.com": "hanmail.net",
    "daum.com": "daum.net", "nate.net": "nate.com", "googlemail.co.kr": "gmail.com", "never.com": "naver.com",
}  # fmt: skip


def email(text: str) -> str:
    """An e-mail address in its standard form (trimmed, narrow, lower case), or nothing where it cannot be used.

    Line breaks inside and quoted local parts are refused, never repaired. Of several addresses the first one counts.
    """
    if SURE.fullmatch(text) and len(text) <= LONGEST:
        return text if len(text.partition("@")[0]) <= LONGEST_LOCAL else ""
    if _BROKEN.search(text.strip()):
        return ""
    whole = narrow(cleaned(text)).lower()
    for one in (whole, *re.split(r"[,;/|\s]+", whole)):
        found = _single(one)
        if found:
            return found
    return ""


def _single(text: str) -> str:
    angle = _ANGLE.match(text.strip())
    text = (angle[1] if angle else text).strip(_EDGES).removeprefix("mailto:").strip(_EDGES)
    text = re.sub(r"\s*@\s*", "@", text)
    local, at, domain = text.rpartition("@")
    if not at or "@" in local or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return ""
    domain = _ascii(domain)
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    return f"{local}@{domain}" if len(local) + len(domain) + 1 <= LONGEST else ""


def _ascii(domain: str) -> str:
    """A domain in letters every mail server knows (RFC 5890): 한글.kr is xn--bj0bj06e.kr."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def email_suggestion(address: str) -> str:
    """What was probably meant where a domain looks like a slip (gmial.com: gmail.com), or nothing.

    address: in standard form. It is only ever suggested: nobody's address is changed without being asked.
    """
    local, at, domain = address.rpartition("@")
    if not at or domain in PROVIDERS:
        return ""
    meant = _SLIPS.get(domain) or next(
        (known for known in PROVIDERS if len(known) > 7 and _one_slip(domain, known)), ""
    )
    return f"{local}@{meant}" if meant else ""


def _one_slip(given: str, meant: str) -> bool:
    """Whether one letter too many, too few, wrong, or two turned round make one text of the other."""
    if abs(len(given) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(given, meant, strict=False)) if a != b), min(len(given), len(meant)))
    rest, wanted = given[start:], meant[start:]
    if len(given) != len(meant):
        return rest[1:] == wanted if len(given) > len(meant) else rest == wanted[1:]
    return rest[1:] == wanted[1:] or (rest[2:] == wanted[2:] and rest[:2] == wanted[1::-1])
