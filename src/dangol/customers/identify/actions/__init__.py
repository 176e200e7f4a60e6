"""What changes customers: linking keys, finding who is one, publishing standings, edits by hand."""

from dangol.customers.identify.actions.edits import assign, edit, undo, unmask
from dangol.customers.identify.actions.finding import find
from dangol.customers.identify.actions.forgetting import forget
from dangol.customers.identify.actions.linking import admit, link
from dangol.customers.identify.actions.memberships import publish_members
from dangol.customers.identify.actions.moving import edit_member
from dangol.customers.identify.actions.standings import publish_standings

__all__ = [
    "admit",
    "assign",
    "edit",
    "edit_member",
    "find",
    "forget",
    "link",
    "publish_members",
    "publish_standings",
    "undo",
    "unmask",
]
