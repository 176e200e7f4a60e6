"""Changes of the database that come with a new version."""

import threading
import time

from dangol.cli import upgrade


def test_processes_started_together_apply_waiting_changes_once(home, monkeypatch):
    home.mkdir()
    applied = []

    def migrate(*_command, **_options):
        time.sleep(0.1)
        applied.append(threading.get_ident())

    monkeypatch.setattr(upgrade, "_waiting", lambda: not applied)
    monkeypatch.setattr(upgrade, "_vendor", lambda: "sqlite")
    monkeypatch.setattr("django.core.management.call_command", migrate)
    starts = [threading.Thread(target=upgrade.bring_up_to_date) for _each in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert len(applied) == 1
