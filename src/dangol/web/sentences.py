"""Expected failures as sentences in the reader's language, with their status code."""

from django.utils.translation import gettext

from dangol.base.errors import (
    BadInput,
    Cancelled,
    Conflict,
    Damaged,
    DangolError,
    NotAllowed,
    NotFound,
    TooMuch,
    Unavailable,
)

STATUS: tuple[tuple[type[DangolError], int], ...] = (
    (BadInput, 422),
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Cancelled, 409),
    (TooMuch, 413),
    (Damaged, 503),
    (Unavailable, 503),
)


def sentence(error: DangolError) -> str:
    """The error's sentence in the active language."""
    return say(error.template, error.params)


def say(template: str, params: dict[str, object] | None = None) -> str:
    """A stored template (of a job, a quarantined row) in the active language, with its values.

    Where the values do not fit, the English template is said: a wrong .po must not hide a reason.
    """
    values = params or {}
    try:
        return gettext(template).format(**values) if values else gettext(template)
    except (KeyError, IndexError, ValueError):
        return template


def status(error: DangolError) -> int:
    """The status code of an expected failure."""
    return next((code for kind, code in STATUS if isinstance(error, kind)), 500)
