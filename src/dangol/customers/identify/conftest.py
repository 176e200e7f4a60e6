"""Fixtures of this room."""

import pytest


@pytest.fixture
def collected(db, home, monkeypatch):
    """What was collected, as a stand-in that tests fill."""
    from dangol.customers.identify.actions import linking
    from dangol.customers.identify.golden import history, reads
    from dangol.customers.identify.tests.world import Collected

    (home / "raw").mkdir(parents=True)
    found = Collected(home / "raw")
    for module in (linking, reads, history):
        monkeypatch.setattr(module, "collect_reads", found)
    return found
