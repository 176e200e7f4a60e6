"""Three customers in one month: every report answers, and says where that is not enough."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from dangol.insight.analysis import actions as analysis
from dangol.insight.analysis.rules.catalogue import KINDS
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale

SAID = {
    "causes": "after none in the period before",
    "funnel": "not enough data",
    "cohorts": "not enough data",
    "profile": "not enough data",
    "group": "not enough data",
    "purchases": "not enough data",
    "prices": "Strongest price band",
    "basket": "No pair is found in 30 baskets",
    "seasons": "needs two whole years",
    "comparison": "Fewer than 3 groups are large enough",
}


@pytest.fixture
def tiny(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="KRW", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.batch(
        "sales", [sale(key, key, "soap", f"2026-03-0{n}T03:00:00", 1000 * n) for n, key in enumerate("abc", 1)]
    )
    actions.refresh(Quiet())
    return loaded


def test_every_report_of_three_customers_says_what_there_is_not_enough_of(tiny, cast):
    assert analysis.publish(Quiet())["reports"] == len(KINDS)
    client = Client(headers={"accept-language": "en"})
    cast.analyst.language = "en"
    cast.analyst.save()
    client.force_login(cast.analyst)
    for name, wanted in SAID.items():
        page = client.get(f"/analysis/{name}/").content.decode()
        found = re.findall(r'badge-mark">.*?</span><span>(.*?)</span>', page, re.DOTALL)
        assert [one for one in found if re.search(wanted, one)], (name, found)
    assert set(SAID) == set(KINDS)
