"""Four threads decide the same thing at once, on a database of their own; prints what each was told."""

import json
import sys
import threading
from collections.abc import Callable

import django

django.setup()

from django.db import connection  # noqa: E402

from dangol.base.errors import Conflict  # noqa: E402
from dangol.customers.identify.matching import actions, joining  # noqa: E402
from dangol.customers.identify.models import Pair  # noqa: E402
from tests.cast import assemble  # noqa: E402


def at_once(act: Callable[[], object]) -> list[str]:
    """What four callers are told, sorted."""
    told: list[str] = []
    ready = threading.Barrier(4)

    def run() -> None:
        ready.wait()
        try:
            act()
            told.append("won")
        except Conflict as error:
            told.append(str(error.params["who"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def main() -> None:
    """Make the cast, then merge, part and decide."""
    cast = assemble()
    for verb in ("merged", "parted"):
        setattr(joining.consent, verb, lambda **_about: None)
    pair = Pair.objects.create(left=cast.mina, right=cast.soyeon, probability=0.7)
    by = cast.steward
    acts: dict[str, Callable[[], object]] = {
        "merge": lambda: actions.merge(by=by, kept_id=cast.mina.pk, gone_id=cast.jiho.pk),
        "part": lambda: actions.part(by=by, customer_id=cast.jiho.pk),
        "decide": lambda: actions.decide(by=by, pair_id=pair.pk, verdict="apart"),
    }
    json.dump({what: at_once(act) for what, act in acts.items()}, sys.stdout)


main()
