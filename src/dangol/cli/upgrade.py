"""Changes of the operations database that come with a new version, applied by whichever process starts first."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

LOCK = 7_306_211  # of PostgreSQL, for machines that share a database; any number that nothing else of the house takes


def bring_up_to_date() -> None:
    """Apply the changes that are waiting; none are at most starts. Processes started together wait for the first."""
    from django.core.management import call_command

    if not _waiting():
        return
    with _one_at_a_time():
        if _waiting():
            call_command("migrate", verbosity=0, interactive=False)


def _waiting() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _vendor() -> str:
    from django.db import connection

    return connection.vendor


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    from django.conf import settings
    from django.db import connection

    if _vendor() == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    with (settings.DANGOL.home / "upgrade.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
