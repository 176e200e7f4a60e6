"""Set-up shared by all tests: a throw-away home folder, compiled texts, the cast of test people."""

import os
import tempfile
from dataclasses import replace

import hypothesis
import pytest

from tools import messages

# Tests start many short processes: without kept byte code each compiles everything it imports for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("DANGOL_HOME", tempfile.mkdtemp(prefix="dangol-test-"))
os.environ.setdefault("DANGOL_BASE_URL", "http://testserver")
os.environ.setdefault("DANGOL_HOSTS", "testserver,127.0.0.1,localhost")

# The gate judges the same cases every time; `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("gate", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("gate")

messages.compile_all()

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
def home(tmp_path, settings):
    """A home folder of its own and a quick password hash for every test."""
    settings.DANGOL = replace(settings.DANGOL, home=tmp_path / "home")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path / "home"
