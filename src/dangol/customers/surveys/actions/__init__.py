"""What changes surveys: making them, and taking answers."""

from dangol.customers.surveys.actions.answering import (
    Page,
    confirm_guardian,
    drop_unconfirmed,
    forget,
    mark_told,
    refuse_guardian,
    send,
)
from dangol.customers.surveys.actions.making import (
    SETTINGS,
    change,
    close,
    copy,
    create,
    discard,
    drop_question,
    move_question,
    publish,
    put_question,
    reopen,
    set_content,
)

__all__ = [
    "SETTINGS", "Page", "change", "close", "confirm_guardian", "copy", "create", "discard", "drop_question",
    "drop_unconfirmed", "forget", "mark_told", "move_question", "publish", "put_question", "refuse_guardian", "reopen",
    "send", "set_content",
]  # fmt: skip
