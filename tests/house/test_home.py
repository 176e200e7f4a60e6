"""Tests run in a home of their own, which does not outlive them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import temporary

ROOT = Path(__file__).resolve().parent.parent.parent


def test_an_installation_in_the_folder_or_environment_is_not_what_tests_run_on(tmp_path):
    demo = tmp_path / "dangol-home"
    demo.mkdir()
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import conftest\nfrom pathlib import Path\nfrom django.conf import settings\n"
        "print(settings.DANGOL.home.name.startswith('dangol-test-'))\nPath('seen').write_text(str(settings.DANGOL.home))"
    )
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    environment |= {"PYTHONPATH": paths, "DANGOL_HOME": str(demo)}
    done = subprocess.run([sys.executable, str(probe)], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stdout.strip() == b"True"
    assert not Path((tmp_path / "seen").read_text()).exists(), "the folder is gone with its process"


def test_the_folder_of_a_killed_process_is_removed_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, mine, other = (tmp_path / name for name in (f"t-{gone.pid}-a", f"t-{os.getpid()}-b", "t-words-c"))
    for one in (left, mine, other):
        one.mkdir()
    assert temporary.remove_left("t-") == [left]
    assert not left.exists()
    assert mine.exists()
    assert other.exists()
