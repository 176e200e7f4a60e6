"""Fixtures of this room."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def collected(db: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What was collected, as a stand-in that tests fill."""
    from dangol.customers.identify.actions import linking
    from dangol.customers.identify.golden import history, reads
    from dangol.customers.identify.tests.world import Collected

    (home / "raw").mkdir(parents=True)
    found = Collected(home / "raw")
    for module in (linking, reads, history):
        monkeypatch.setattr(module, "collect_reads", found)
    return found
