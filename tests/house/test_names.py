"""Everything the access log and the list of jobs show has a name in the reader's language."""

import re
from pathlib import Path

from django.conf import settings

import dangol
from dangol.staff.rules import WHAT_NAMES
from dangol.work.rules import KIND_NAMES

ROOT = Path(dangol.__file__).parent
NOTED = re.compile(r'note_access\((?:[^()]|\([^()]*\))*?what=f?"([^"{]+?) ?(?:\{[^"]*)?"')


def test_every_long_job_has_a_name():
    assert set(settings.JOBS) - set(KIND_NAMES) == set()


def test_everything_written_into_the_access_log_has_a_name():
    found = {
        what
        for path in ROOT.rglob("*.py")
        if "tests" not in path.parts
        for what in NOTED.findall(path.read_text("utf-8"))
    }
    assert len(found) > 20
    assert found - set(WHAT_NAMES) == set()
