"""Set-up shared by all tests: a throw-away home folder, compiled texts, the cast of test people.

The environment is made here, before Django reads its settings: that is why pyproject.toml does not name the settings
module, which would be read before this file, with whatever installation lies in the folder pytest was started in.
"""

import os
from dataclasses import replace

import django
import hypothesis
import pytest

from tools import messages, temporary

# Tests start many short processes: without kept byte code each compiles everything it imports for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the home of the process that started them
    os.environ["DANGOL_HOME"] = str(temporary.folder("dangol-test-"))
os.environ.setdefault("DANGOL_BASE_URL", "http://testserver")
os.environ.setdefault("DANGOL_HOSTS", "testserver,127.0.0.1,localhost")
os.environ["DJANGO_SETTINGS_MODULE"] = "dangol.config.settings"

# The gate judges the same cases every time; `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("gate", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("gate")

messages.compile_all()
django.setup()

from django.contrib.auth.signals import user_logged_in  # noqa: E402
from django.dispatch import receiver  # noqa: E402

from dangol.web.entry.proof import remember_proof  # noqa: E402


@receiver(user_logged_in)
def _prove(request, **_more) -> None:
    """A test that signs a member in without the page has proved who it is, as the page does."""
    remember_proof(request)


DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask for no operations database (pytest-django refuses them one) are not repeated on PostgreSQL."""
    for item in items:
        asks = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if not asks and not any(item.iter_markers("django_db")) and not any(item.iter_markers("own_database")):
            item.add_marker(pytest.mark.engine_only)


@pytest.fixture
def cast(db):
    """The named company of tests/cast.py."""
    from tests.cast import assemble

    return assemble()


@pytest.fixture(autouse=True)
def home(tmp_path, settings, monkeypatch):
    """A home folder of its own, a quick password hash, and pages that wait for their figures, for every test."""
    monkeypatch.setattr("dangol.insight.answers.waiting.FIRST_SECONDS", 30.0)  # a busy machine changes no page
    settings.DANGOL = replace(settings.DANGOL, home=tmp_path / "home")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path / "home"
