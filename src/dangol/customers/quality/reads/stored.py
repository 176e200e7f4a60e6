"""Where the list of who breaks which rule is kept: a snapshot a measuring."""

from django.conf import settings

from dangol.base.errors import NotFound
from dangol.engine import Snapshot, Store

FOLDER = "quality"


def store() -> Store:
    """The snapshots of quality."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def newest() -> Snapshot | None:
    """The newest whole snapshot; None before the first measuring. Raises Damaged."""
    try:
        return store().current()[0]
    except NotFound:
        return None
