"""A cycle is started from the page by those who may load sources, one at a time."""

import pytest
from django.test import Client

from dangol.work import reads


@pytest.fixture
def visit(cast):
    def as_member(member):
        client = Client()
        client.force_login(member)
        return client

    return as_member


def test_steward_starts_one_cycle_however_often_the_button_is_pressed(cast, visit):
    client = visit(cast.steward)
    assert [client.post("/cycle/").status_code for _press in range(2)] == [302, 302]
    assert [job.kind for job in reads.jobs(cast.administrator)] == ["cycle.run"]


def test_rep_may_not_start_a_cycle(cast, visit):
    assert visit(cast.rep).post("/cycle/").status_code == 403
    assert reads.jobs(cast.administrator) == []


def test_looking_at_the_address_starts_nothing(cast, visit):
    assert visit(cast.steward).get("/cycle/").status_code == 405
    assert reads.jobs(cast.administrator) == []
