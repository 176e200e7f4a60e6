"""What changes requests and destroys data."""

from dangol.privacy.actions.documents import affected_list, export, preference_link, report
from dangol.privacy.actions.erasing import erase, run_erase
from dangol.privacy.actions.housekeeping import keep, note_minors, start_due, take_consents
from dangol.privacy.actions.notices import run_notices
from dangol.privacy.actions.notices import start as start_notices
from dangol.privacy.actions.requests import (
    assign,
    check_identity,
    close,
    receive,
    receive_from_customer,
    refuse,
    stop_use,
    take_back,
)
from dangol.privacy.actions.retaining import run_retain
from dangol.privacy.actions.retaining import start as start_retain

__all__ = [
    "affected_list",
    "assign",
    "check_identity",
    "close",
    "erase",
    "export",
    "keep",
    "note_minors",
    "preference_link",
    "receive",
    "receive_from_customer",
    "refuse",
    "report",
    "run_erase",
    "run_notices",
    "run_retain",
    "start_due",
    "start_notices",
    "start_retain",
    "stop_use",
    "take_back",
    "take_consents",
]
