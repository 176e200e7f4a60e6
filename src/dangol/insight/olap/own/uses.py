"""Who uses an own measure: told beside it, and asked before it is taken away.

The rooms that may use one lie above and are named in settings (USES_OF_MEASURES, NEEDS_OF_MEASURES): each says in
words what of it does.
"""

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from dangol.base.errors import Conflict
from dangol.insight.olap import reads as olap
from dangol.insight.olap.own import reads
from dangol.staff.reads import Member

SHOWN = 10


def measures(by: Member, star: str, name: str) -> list[str]:
    """The own measures made of one, in words. Raises like `olap.reads.model`."""
    return [gettext("measure {name}").format(name=one) for one in reads.users(olap.model(by, star), name)]


def needed(by: Member, star: str, name: str) -> list[str]:
    """What would find other people without it, in words: segments."""
    return [said for path in settings.NEEDS_OF_MEASURES for said in import_string(path)(by, star, name)]


def elsewhere(by: Member, star: str, name: str) -> list[str]:
    """What else shows it, in words: kept views and what goes out by mail."""
    return [said for path in settings.USES_OF_MEASURES for said in import_string(path)(by, star, name)]


def of(by: Member, star: str, name: str) -> list[str]:
    """Everything that uses a measure, in words; empty where nothing does."""
    return [*measures(by, star, name), *needed(by, star, name), *elsewhere(by, star, name)]


def refuse_where_used(by: Member, star: str, name: str, *, anyway: bool) -> None:
    """Raises Conflict where a measure is in use.

    anyway: views and mailings may lose it, they show their other figures; measures made of it never may.
    """
    if made := measures(by, star, name):
        raise Conflict("Other measures are made of this one: {names}. Change them first.", names=", ".join(made))
    if asking := needed(by, star, name):
        raise Conflict("Who is in these is found by this measure: {names}. Change them first.",
                       names=", ".join(asking[:SHOWN]) + (" …" if len(asking) > SHOWN else ""))  # fmt: skip
    used = [] if anyway else elsewhere(by, star, name)
    if used:
        more = " …" if len(used) > SHOWN else ""
        raise Conflict("This measure is shown by: {names}. Taken away all the same, it goes from these.",
                       names=", ".join(used[:SHOWN]) + more)  # fmt: skip
