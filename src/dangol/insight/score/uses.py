"""Who uses a grouping, an index or a channel's scheme: asked before it is taken away.

The rooms that may use them lie above and are named in settings (USES_OF_SCORES): each says in words what of it does.
"""

from collections.abc import Collection

from django.conf import settings
from django.utils.module_loading import import_string

from dangol.base.errors import Conflict
from dangol.staff.reads import Member

SHOWN = 10


def refuse_where_used(by: Member, columns: Collection[str]) -> None:
    """Raises Conflict with a list of where. columns: "<table>.<column>", as conditions of segments name them."""
    found = [said for path in settings.USES_OF_SCORES for said in import_string(path)(by, columns)]
    if found:
        more = " …" if len(found) > SHOWN else ""
        raise Conflict("This is still used: {names}. Change or take these away first.",
                       names=", ".join(found[:SHOWN]) + more)  # fmt: skip
