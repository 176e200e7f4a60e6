"""What changes customers: linking keys, taking over people, publishing standings, edits by hand."""

from dangol.customers.identify.actions.edits import assign, edit, undo, unmask
from dangol.customers.identify.actions.forgetting import forget
from dangol.customers.identify.actions.linking import link
from dangol.customers.identify.actions.people import apply_people
from dangol.customers.identify.actions.standings import publish_standings

__all__ = ["apply_people", "assign", "edit", "forget", "link", "publish_standings", "undo", "unmask"]
