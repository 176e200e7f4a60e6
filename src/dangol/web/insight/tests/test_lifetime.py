"""The page of lifetime value and its API."""

import re
import shutil

import pytest

from dangol.api.tests.test_frame import Api
from dangol.customers.identify.models import Customer
from dangol.insight.score.lifetime import actions, reads
from dangol.insight.score.lifetime.tests import buyers
from dangol.insight.score.tests import purchases
from dangol.insight.segments import reads as segments
from dangol.work.actions import Quiet


@pytest.fixture
def valued(cast, home):
    """Lifetime values in which two customers of the cast are slipping away."""
    buyers.valued(home)
    taken = set(Customer.objects.values_list("pk", flat=True))
    falling = [pk for pk in range(1, buyers.CUSTOMERS + 1) if reads.of_customer(pk).at_risk and pk not in taken][:2]
    cast.mina, cast.soyeon = (
        _under(customer, pk) for customer, pk in zip((cast.mina, cast.soyeon), falling, strict=True)
    )
    return cast


def _under(customer, pk):
    """The same customer under a number of the warehouse."""
    customer.pk, customer.code = pk, f"{customer.code}-{pk}"
    customer.save(force_insert=True)
    return customer


@pytest.fixture
def open_as(client):
    def enter(member, path, language="en"):
        member.language = language
        member.save(update_fields=["language"])
        client.force_login(member)
        return client.get(path)

    return enter


@pytest.mark.parametrize("language", ["ko", "en"])
def test_page_says_what_the_model_means_in_both_languages(valued, open_as, language):
    answer = open_as(valued.marketer, "/insight/lifetime/", language)
    assert answer.status_code == 200
    text = re.sub(r"<script.*?</script>", "", answer.content.decode(), flags=re.S)
    assert ("활동 확률" in text) == (language == "ko")
    assert ("An active customer buys about every" in text) == (language == "en")
    assert "style=" not in text


def test_page_says_what_to_do_before_there_is_a_model_and_why_there_is_none(cast, home, open_as):
    assert b"run the cycle" in open_as(cast.marketer, "/insight/lifetime/").content
    purchases.warehouse(home, purchases.many(40))
    actions.run(Quiet())
    assert b"at least 100 customers" in open_as(cast.marketer, "/insight/lifetime/").content


def test_only_customers_of_ones_own_are_listed_as_slipping_away(valued, open_as):
    everyone = reads.at_risk(valued.marketer, limit=500)
    assert {valued.mina.pk, valued.soyeon.pk} <= {one.customer_id for one in everyone}
    assert [one.at_risk for one in everyone] == sorted((one.at_risk for one in everyone), reverse=True)
    own = {one.customer_id for one in reads.at_risk(valued.rep, limit=500)}
    assert valued.mina.pk in own
    assert valued.soyeon.pk not in own
    assert open_as(valued.rep, "/insight/lifetime/").status_code == 403


def test_those_slipping_away_become_a_segment_of_ones_own_customers(valued, open_as, client):
    page = open_as(valued.branch_manager, "/insight/lifetime/").content.decode()
    assert 'action="/insight/lifetime/segment/"' in page
    client.post("/insight/lifetime/segment/", {"name": "Slipping"})
    [made] = segments.segments(valued.branch_manager)
    everyone = {one.customer_id for one in reads.at_risk(valued.branch_manager, limit=500)}
    assert set(segments.member_ids(made.id)) == everyone
    assert valued.mina.pk in everyone
    client.force_login(valued.rep)
    assert client.post("/insight/lifetime/segment/", {"name": "Slipping"}).status_code == 403


def test_customer_page_shows_the_figures_with_their_ranges(valued, open_as, home):
    shutil.rmtree(home / "warehouse")  # it holds sales lines only; the page wants the whole star or none
    text = open_as(valued.rep, f"/customers/{valued.mina.pk}/").content.decode()
    assert "Probability of being active" in text
    assert "95% for the probability" in text


def test_api_gives_the_model_and_ones_own_customers(valued):
    api = Api(valued.marketer)
    body = api("GET", "/lifetime").json()
    assert body["fits"][body["model"]]["parameters"]["r"] > 0
    assert body["checks"][body["model"]]["actual"] > 0
    mine = api("GET", f"/lifetime/customers/{valued.mina.pk}").json()
    assert mine["p_alive_low"] <= mine["p_alive"] <= mine["p_alive_high"]
    assert Api(valued.rep)("GET", f"/lifetime/customers/{valued.soyeon.pk}").status_code == 404
    assert Api(valued.rep)("GET", "/lifetime").status_code == 403
