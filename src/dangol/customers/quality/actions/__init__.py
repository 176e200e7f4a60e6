"""What changes quality: measuring, the steward's rules, programmes and their tasks."""

from dangol.customers.quality.actions.asking import ask, forget, handle, start, stop
from dangol.customers.quality.actions.measuring import measure, measure_soon
from dangol.customers.quality.actions.ruling import begin, save, switch, undo

__all__ = [
    "ask", "begin", "forget", "handle", "measure", "measure_soon", "save", "start", "stop", "switch", "undo",
]  # fmt: skip
