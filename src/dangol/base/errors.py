"""One tree of errors; only the doors (web, API, CLI) turn them into status codes and sentences.

DangolError
├── BadInput          what was given cannot be used; names the field        web/API 422, CLI exit 2
│   └── BadSetting    a setting of the installation is nonsense             refuses to start
├── NotFound          no such thing, or not yours to see (the same answer)  404
├── NotAllowed        the role lacks the right                              403
├── Conflict          someone else was first, or the state forbids it       409
├── Damaged           stored data does not match its checksum               503
├── Unavailable       a counterpart (database, mail server) does not answer 503
├── TooMuch           a limit of size, time or number was reached           413 / 429
└── Cancelled         somebody asked for the work to stop                   -
"""

from typing import Any


class DangolError(Exception):
    """An expected failure with a sentence for the user.

    template: an English sentence saying what is wrong and what to do, with {names}; it is the msgid that doors
    translate. params: the values of those names. field: the input at fault, if there is one.
    """

    def __init__(self, template: str, *, field: str = "", **params: Any) -> None:
        self.template = template
        self.field = field
        self.params = params
        super().__init__(template.format(**params) if params else template)


class BadInput(DangolError):
    """What was given cannot be used."""


class BadSetting(BadInput):
    """A setting of the installation is nonsense."""


class NotFound(DangolError):
    """No such thing, or not yours to see: both give the same answer."""


class NotAllowed(DangolError):
    """The role lacks the right."""


class Conflict(DangolError):
    """Somebody else was first, or the present state forbids it."""


class Damaged(DangolError):
    """Stored data does not match its checksum."""


class Unavailable(DangolError):
    """A counterpart does not answer or is not installed."""


class TooMuch(DangolError):
    """A limit of size, time or number was reached."""


class Cancelled(DangolError):
    """Somebody asked for the work to stop."""
