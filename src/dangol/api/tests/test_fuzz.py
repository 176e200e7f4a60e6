"""Whatever the OpenAPI description allows or forbids: no call makes the server fail."""

import json

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode

from dangol.api import api
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens

EXAMPLES = 6
DESCRIBED = json.loads(json.dumps(api.get_openapi_schema()))
for _methods in DESCRIBED["paths"].values():
    for _operation in _methods.values():
        _operation.pop("security", None)  # else half of the unfitting calls only lack the token
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
SCHEMA.app = get_wsgi_application()
OPERATIONS = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or operation.get("parameters") or operation.get("requestBody")
]


@pytest.fixture
def kept_connection(db):
    """As Django's test client does: the end of a request leaves the test's connection and transaction open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_no_generated_call_makes_the_server_fail(cast, monkeypatch, method, path, mode):
    monkeypatch.setattr("dangol.staff.tokens.actions.CALLS_PER_MINUTE", 10**6)
    _view, secret = tokens.create_token(by=cast.administrator, name="fuzz", scopes=[right.value for right in Right])
    seen = set()

    @seeded(20261123)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=SCHEMA[path][method].as_strategy(generation_mode=mode))
    def call(case):
        answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        seen.add(answer.status_code)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)

    call()
    assert seen - {401}, "no call got past the token"
