"""Answers kept while the data they came from are the newest: in this process, and on disc what a job or the cycle did.

A key names the data, the scope and all that is asked: whoever sees the same customers is told the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from django.conf import settings

from dangol.base.identifiers import content_hash
from dangol.engine import Store
from dangol.insight.answers import reads as answers
from dangol.insight.olap.reads import View
from dangol.staff.reads import Member, scope_of
from dangol.staff.rules import Scope

MOST = 256
VERSION = 3  # of the reports: to be raised where one of them counts or says something else
_kept: OrderedDict[str, Any] = OrderedDict()
_lock = Lock()


def key_of(view: View, by: Member | None, *asked: Any) -> str:
    """The key of an answer: the data, what of them the member sees, and what is asked."""
    who = scope_of(by) if by is not None else Scope(everyone=True)
    options = settings.DANGOL
    data = [str(options.home), options.engine, view.snapshot.id, Store(options.home / "scores").pointer()]
    sees = [who.everyone, who.unit_path, who.member_id]
    return content_hash({"room": "analysis", "version": VERSION, "data": data, "sees": sees, "asked": asked})


def found(key: str, unpack: Callable[[Any], Any]) -> Any | None:
    """The answer under a key: of this process, else from disc; None where there is none."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    plain = answers.kept(key)
    return None if plain is None else remember(key, unpack(plain))


def remember(key: str, answer: Any) -> Any:
    """Keep an answer in this process."""
    with _lock:
        _kept[key] = answer
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return answer


def listed(key: str, work: Callable[[], Sequence[str]]) -> list[str]:
    """A list of texts under its key, or what `work` gives now."""
    kept = found(key, list)
    return list(kept if kept is not None else remember(key, list(work())))
