"""Looks at the stars that were added: which there are, and one ready to be asked."""

from django.conf import settings

from dangol.base.errors import Damaged, NotFound
from dangol.engine import Snapshot, Store
from dangol.insight.olap.stars.rules import NAME, Star, declared


def folder_of(name: str) -> str:
    """The name itself where it may be one of a star. Raises NotFound."""
    if not NAME.fullmatch(name):
        raise missing(name)
    return name


def missing(name: str) -> NotFound:
    """The error for a star that is not there, or not the member's to see."""
    return NotFound("There is no star {name}.", name=name[:60])


def store(name: str) -> Store:
    """Where the snapshots of a star are kept. Raises NotFound for a name that is none."""
    options = settings.DANGOL
    return Store(options.home / "stars" / folder_of(name), keep=options.keep_snapshots)


def names() -> list[str]:
    """The stars that were added, by name."""
    root = settings.DANGOL.home / "stars"
    return sorted(path.name for path in root.glob("*") if NAME.fullmatch(path.name) and (path / "CURRENT").exists())


def current(name: str) -> tuple[Star, Snapshot, bool]:
    """A star's declaration and served snapshot, and whether it is the newest. Raises NotFound, Damaged."""
    if name not in names():
        raise missing(name)
    snapshot, newest = store(name).current()
    return declared(snapshot.facts["declaration"]), snapshot, newest


def whole() -> list[tuple[Star, Snapshot]]:
    """All stars that can be asked; a damaged one is left out here and says so when it is asked."""
    found = []
    for name in names():
        try:
            star, snapshot, _newest = current(name)
        except (Damaged, NotFound):
            continue
        found.append((star, snapshot))
    return found
