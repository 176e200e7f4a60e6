"""A full disk, told apart from other failures whatever it was that met it."""

import errno

FULL_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What libraries say that hand no number on: DuckDB and Arrow, SQLite, PostgreSQL.
FULL_WORDS = ("no space left on device", "disk is full", "disk quota exceeded", "file too large", "disk full")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; base imports no Django
    return text


FULL = N_("The disk is full. Free some space, then start again: nothing was left half done.")


def says_full(text: str) -> bool:
    """Whether a library's words mean that there is no room left on the disk."""
    said = text.lower()
    return any(words in said for words in FULL_WORDS)


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one it came from, says that there is no room left on the disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL_NUMBERS:
            return True
        if says_full(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
