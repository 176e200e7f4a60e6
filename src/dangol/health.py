"""Is this installation whole? Settings, database, snapshots, counterparts."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dangol.base.errors import Conflict, DangolError, NotFound, Unavailable
from dangol.customers.consent import reads as consent
from dangol.engine import fresh
from dangol.insight.warehouse import reads as warehouse
from dangol.privacy import reads as privacy
from dangol.reports import paper
from dangol.work.schedules import reads as schedules

ANSWER_SECONDS = 2


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is good, and the words for it."""

    name: str
    good: bool
    words: str


def _database() -> str:
    waiting = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    if waiting:
        raise NotFound("The database is {n} changes behind. `dangol serve` brings it up to date.", n=len(waiting))
    return f"good ({connection.vendor})"


def _engine() -> str:
    with fresh() as engine:
        return f"good ({engine.name})"


def _snapshot() -> str:
    try:
        snapshot, newest = warehouse.current()
    except NotFound as nothing:
        return str(nothing)
    if not newest:
        raise NotFound("The newest snapshot is damaged; {id} is served. Run: dangol cycle", id=snapshot.id)
    return f"good ({snapshot.id})"


def _mail() -> str:
    host, port = settings.DANGOL.smtp_host, settings.DANGOL.smtp_port
    try:
        socket.create_connection((host, port), ANSWER_SECONDS).close()
    except OSError:
        return f"no mail server answers at {host}:{port}; campaigns by e-mail would wait"
    return f"good ({host}:{port})"


def _privacy() -> str:
    """Deadlines of the law: whoever agreed or refused was told, and every request answered, in time."""
    late = consent.overdue_notices(datetime.now(UTC), settings.DANGOL.zone)
    if late:
        raise Conflict("{n} customers were not told in time what became of their consent. Open: Consent.", n=late)
    if over := privacy.overdue():
        raise Conflict("{n} privacy requests are past their deadline. Open: Privacy requests.", n=over)
    return "good (nobody waits longer than the law allows)"


def _schedules() -> str:
    found = schedules.alarms()
    if not found:
        return "good"
    said = ", ".join(f"{one.name} ({'late' if one.late else 'failed'})" for one in found)
    raise Unavailable("Look at these schedules: {schedules}. A late one needs a running worker: dangol worker",
                      schedules=said)  # fmt: skip


def _fonts() -> str:
    """Whether reports can be drawn in Korean."""
    if not (found := paper.korean_fonts()):
        raise Unavailable(paper.NO_FONT)
    return f"good ({found[0]})"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "engine": _engine,
    "snapshot": _snapshot,
    "mail": _mail,
    "privacy": _privacy,
    "schedules": _schedules,
    "fonts": _fonts,
}


def findings() -> list[Finding]:
    """Look at every part; a part that fails says why."""
    found = []
    for name, look in CHECKS.items():
        try:
            found.append(Finding(name, True, look()))
        except DangolError as error:
            found.append(Finding(name, False, str(error)))
        except Exception as error:
            found.append(Finding(name, False, f"{type(error).__name__}: {error}"))
    return found
