"""What changes consent: words of customers, joining and parting, guardians, texts, notices, erasing."""

from dangol.customers.consent.actions.erasing import erased, forget_old_words, suppress
from dangol.customers.consent.actions.guardians import agree_for, note_births, withdraw_for
from dangol.customers.consent.actions.joining import merged, parted
from dangol.customers.consent.actions.saying import give, noticed, refuse_resident_numbers, withdraw
from dangol.customers.consent.actions.wordings import discard_wording, draft_wording, edit_wording, publish_wording

__all__ = [
    "agree_for",
    "discard_wording",
    "draft_wording",
    "edit_wording",
    "erased",
    "forget_old_words",
    "give",
    "merged",
    "note_births",
    "noticed",
    "parted",
    "publish_wording",
    "refuse_resident_numbers",
    "suppress",
    "withdraw",
    "withdraw_for",
]
