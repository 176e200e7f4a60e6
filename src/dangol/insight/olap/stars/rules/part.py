"""A table of settings while it is read: every setting must be known and of its type; errors say where."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from dangol.base.errors import BadInput

NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9]){0,59}")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


class Part:
    """A table of the file while it is read: every setting must be known and of its type; errors say where."""

    def __init__(self, place: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise BadInput("{place} must be a table of settings.", field="file", place=place)
        self.place, self.data, self.asked = place, data, set[str]()

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        self.asked.add(name)
        value = self.data.get(name, default)
        if value is default:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            words = {str: N_("a text"), bool: N_("true or false"), list: N_("a list"), dict: N_("a table of settings")}
            raise BadInput("{place}: {name} must be {kind}.", field="file", place=self.place, name=name,
                           kind=words[kind])  # fmt: skip
        return value

    def need(self, name: str, kind: type) -> Any:
        value = self.get(name, kind)
        if value is None or value == "":
            raise BadInput("{place} needs {name}.", field="file", place=self.place, name=name)
        return value

    def texts(self, name: str, default: str) -> tuple[str, str]:
        """A text in English and Korean: one for both, or { en = …, ko = … }."""
        value = self.data.get(name)
        if isinstance(value, Mapping):
            self.asked.add(name)
            inner = Part(f"{self.place}.{name}", value)
            both = (inner.get("en", str, default), inner.get("ko", str, ""))
            inner.done()
            return both
        return self.get(name, str, default), ""

    def names(self, name: str) -> list[str]:
        found = self.get(name, list, [])
        if not all(isinstance(one, str) for one in found):
            raise BadInput("{place}: {name} must be a list of texts.", field="file", place=self.place, name=name)
        return list(found)

    def words(self, name: str) -> str:
        """A list of words, with commas between."""
        found = self.names(name)
        if any("," in one for one in found):
            raise BadInput("{place}: {name} must be a list of words without commas.", field="file", place=self.place,
                           name=name)  # fmt: skip
        return ", ".join(found)

    def parts(self, name: str) -> Iterator[tuple[str, "Part"]]:
        for key, value in self.get(name, dict, {}).items():
            yield plain_name(key, f"{self.place} {name}".strip()), Part(f"{name}.{key}", value)

    def one_of(self, name: str, value: Any, known: Sequence[str]) -> str:
        """The value, which must be known. Raises BadInput with the nearest."""
        if not isinstance(value, str):
            raise BadInput("{place}: {name} must be {kind}.", field="file", place=self.place, name=name,
                           kind=N_("a text"))  # fmt: skip
        if value not in known:
            near = get_close_matches(value, known, n=3, cutoff=0.4) or list(known)[:12]
            raise BadInput("{place}: {name} names “{value}”, which is not there. Possible: {near}.", field="file",
                           place=self.place, name=name, value=value[:60], near=", ".join(near))  # fmt: skip
        return value

    def done(self) -> None:
        """Raises BadInput for a setting nobody asked for: a slip of the pen must not pass silently."""
        for name in self.data:
            if name not in self.asked:
                raise BadInput("{place} has no setting {name}. It may have: {known}.", field="file", place=self.place,
                               name=str(name)[:60], known=", ".join(sorted(self.asked)))  # fmt: skip


def plain_name(name: str, place: str) -> str:
    """The name itself where it is one: letters, digits and single underscores. Raises BadInput."""
    if not NAME.fullmatch(name):
        raise BadInput("{place}: “{name}” is not a name. Use English letters, digits and single underscores, and begin "
                       "with a letter.", field="file", place=place, name=name[:60])  # fmt: skip
    return name


@contextmanager
def at(part: Part) -> Iterator[None]:
    """Errors with the place in the file."""
    try:
        yield
    except BadInput as error:
        raise BadInput("{place}: {why}", field="file", place=part.place, why=str(error)) from None
