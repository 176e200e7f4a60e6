"""Every page of the web in both languages, at a desk and on a phone, over a small company whose data was really loaded."""

import gettext
import json
import random
import re
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver

import dangol
from dangol import cycle
from dangol.campaigns.plan import actions as plan
from dangol.customers.collect import actions as collect
from dangol.customers.collect.feeds import actions as feeds
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.matching import reads as looks
from dangol.customers.quality import actions as quality
from dangol.customers.quality import reads as quality_reads
from dangol.customers.quality.actions.asking import Plan
from dangol.customers.surveys import actions as surveys
from dangol.insight.analysis.rules.catalogue import KINDS
from dangol.insight.olap.own import actions as own_measures
from dangol.insight.olap.own.reads import Written
from dangol.insight.score.groups import actions as groups
from dangol.insight.score.groups.models import Version
from dangol.insight.score.groups.rules import clusters
from dangol.insight.score.index import actions as indexes
from dangol.insight.score.index.rules import Definition, Part
from dangol.insight.segments import actions as segments
from dangol.insight.segments.rules.definition import Group, Profile, Purchase, Window
from dangol.privacy import actions as privacy
from dangol.reports import actions as reports
from dangol.web.campaigns.found import written
from dangol.web.entry.proof import PROVED_AT
from dangol.web.surveys.catalogue import sign_up
from dangol.work.actions import Quiet
from dangol.work.schedules.rules import Plan as Clock
from tests.browser.conftest import DESK, PHONE

HEAD = "order,line,cust_no,item,when,qty,amount\n"
MAPPING = {"order_id": "order", "line_no": "line", "customer_key": "cust_no", "product_key": "item",
           "sold_at": "when", "quantity": "qty", "amount": "amount"}  # fmt: skip
PEOPLE = written(Group(parts=(Profile("gender", values=("F",)),)))
BAD = "Q1,1,H-0001,p1,yesterday,1,10\nQ2,1,H-0001,p1,2026-03-01 10:00,many,10\nQ3,1,,p1,2026-03-01 10:00,1,10\n"
CODES = ("H-0001", "H-0002", "H-0003", "H-0004")
# Told by a word in both languages, or names of things that Korean pages write in Latin letters.
SAME = {"Dangol", "CSV", "XLSX", "Excel", "SQL", "TOTP"}
OWN = re.compile("한빛화장품|한지민|^한$")  # the cast: names stay as they are
OPENS = (200, 301, 302, 400, 404, 405)
TEXTS = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), place = walk.currentNode.parentElement;
    if (text && place.checkVisibility() && !place.closest("script, style, template, code, [lang]:not(html), [data-own]")) found.push(text);
  }
  return found;
}"""


def sales() -> str:
    """A few hundred lines of the cast and of thirty un-named customers over half a year."""
    chance = random.Random(7)
    people = [*CODES, *(f"U-{n:02}" for n in range(30))]
    first = date(2026, 1, 2)
    return HEAD + "".join(
        f"O{n},1,{chance.choice(people)},p{n % 9},{first + timedelta(days=n // 2)} 1{n % 9}:00,1,{chance.randint(5, 90)}000\n"
        for n in range(360)
    )


@pytest.fixture
def company(cast, tmp_path, monkeypatch):
    """The cast with purchases: a file loaded, rows in quarantine, one whole cycle, and a draft of a campaign."""
    monkeypatch.setattr(clusters, "FEWEST_CUSTOMERS", 20)
    path = tmp_path / "매출.csv"
    path.write_text(sales() + BAD, "utf-8")
    collect.describe_source(by=cast.steward, code="shop", name="매장", kind="sales", reader="csv", mapping=MAPPING)
    load = collect.start_load(by=cast.steward, source_code="shop", path=path)
    report = collect.run_load(Quiet(by=cast.steward), load_id=load)
    assert report["quarantined"] == 3
    look = collect.start_check(by=cast.steward, source_code="shop", path=path)
    collect.run_check(Quiet(by=cast.steward), load_id=look)
    cycle.run(Quiet(by=cast.administrator))
    draft = plan.draft(by=cast.administrator, name="봄맞이 초대", aim="keep", segments=["HHH"])
    evidence = {"prior": -9.0, "terms": [{"field": "name", "level": "same", "weight": 6.5}]}
    matching.propose(pa.table({"left": [cast.mina.pk], "right": [cast.jiho.pk], "probability": [0.7],
                               "evidence": [json.dumps(evidence)]}))  # fmt: skip
    asked = [
        privacy.receive(by=cast.steward, customer_id=cast.mina.pk, kind=kind) for kind in ("erasure", "explanation")
    ]
    privacy.check_identity(by=cast.steward, request_id=asked[0], how="call")
    survey = surveys.create(by=cast.administrator, name="봄 박람회", content=sign_up("봄 박람회 가입"))
    surveys.publish(by=cast.administrator, survey_id=survey.id)
    feeds.keep_connection(by=cast.administrator, code="erp", name="ERP", kind="sqlite", database="erp.sqlite")
    feeds.keep_site(by=cast.administrator, code="mall", name="온라인몰", origins=["https://shop.example"])
    clock = feeds.schedule_pull(by=cast.administrator, source_code="shop", plan=Clock("daily"))
    programme = quality.start(by=cast.steward, plan=Plan(
        name="주소 모으기", fields=["address"], starts_on=date(2026, 1, 1), ends_on=date(2099, 1, 1), benefit="샘플",
        script="주소를 여쭙니다."))  # fmt: skip
    rule = quality_reads.rules_in_force()[2].id
    live = segments.create(by=cast.marketer, name="석 달 안에 산 고객", root=Group(parts=(
        Purchase(window=Window("last", days=90)), Group("any", (Profile("gender", values=("F",)),)))))  # fmt: skip
    fixed = segments.create_static(by=cast.administrator, name="박람회 명단", customer_ids=[cast.mina.pk, cast.jiho.pk])
    index, _job = indexes.publish(by=cast.analyst, name="우수 지수", definition=Definition("", (Part("rfm_score", 1),)))
    indexes.keep(Quiet(by=cast.analyst))
    grouping, _job = groups.start(
        by=cast.analyst, name="구매 유형", wanted=clusters.Wanted(method="kmeans", features=("orders", "amount"), k=2)
    )
    groups.run_fit(Quiet(by=cast.analyst), Version.objects.get(grouping_id=grouping).pk)
    view = reports.keep(by=cast.administrator, name="월별 매출", query="show=sales_amount&rows=month")
    own_measures.save(by=cast.administrator, given=Written(
        "", "net_ticket", "Net ticket", "순객단가", "money", "(sales_amount - discount) / orders"))  # fmt: skip
    cast.paths = [
        "/insight/measures/net_ticket/", f"/segments/{live.id}/", f"/segments/{live.id}/history/", f"/segments/{fixed.id}/",
        f"/segments/overlap/?segment={live.id}&segment={fixed.id}", f"/groups/{grouping}/", f"/groups/{grouping}/1/",
        f"/groups/index/{index}/", f"/groups/index/{index}/change/", f"/explorer/views/{view}/mail/",
        "/explorer/?show=sales_amount&show=orders&rows=month&cols=channel",
        f"/customers/{cast.mina.pk}/history/", f"/customers/{cast.mina.pk}/why/phone/",
        f"/customers/{cast.mina.pk}/merge/?q=박지호", f"/customers/{cast.mina.pk}/merge/?with={cast.jiho.pk}",
        f"/customers/pairs/{looks.pairs(cast.administrator).rows[0].id}/",
        f"/customers/surveys/{survey.id}/", f"/customers/surveys/{survey.id}/settings/", f"/s/{survey.token}",
        "/sources/connections/erp/", "/sources/sites/mall/", "/sources/shop/schedule/", f"/admin/schedules/{clock}/",
        f"/customers/quality/rules/{rule}/", f"/customers/quality/rules/{rule}/customers/",
        "/customers/quality/rules/new/compare/", f"/customers/quality/programmes/{programme}/",
        "/customers/quality/tasks/?all=1",
        f"/customers/{cast.mina.pk}/", f"/customers/{cast.coded.pk}/", "/customers/?q=H-0001", "/insight/segments/HHH/",
        *(f"/analysis/{name}/" for name in KINDS), f"/analysis/people/?{urlencode({'who': PEOPLE, 'name': '봄'})}",
        "/insight/migration/?from=2026-04-20&to=2026-06-15&before=HHH&after=HHH",
        '/analysis/people/?who={"version":1,"match":"all","parts":[{"kind":"purchase","least":1}]}&name=x',
        f"/campaigns/{draft.id}/", f"/campaigns/{draft.id}/approve/", "/sources/shop/", "/sources/shop/change/",
        f"/sources/loads/{load}/", "/sources/quarantine/?source=shop&reason=missing", "/sources/quarantine/mend/?source=shop",
        "/sources/quarantine/ignore/?source=shop", f"/sources/loads/{look}/look/",
        f"/admin/members/{cast.rep.pk}/", f"/admin/organisation/{cast.team.pk}/",
        f"/customers/privacy/customers/{cast.mina.pk}/", *(f"/customers/privacy/requests/{one}/" for one in asked),
        f"/customers/privacy/requests/{asked[0]}/erase/",
    ]  # fmt: skip
    return cast


def plain_paths(patterns=None, before="/"):
    """Every address of the web that takes no argument."""
    found = []
    for one in get_resolver("dangol.web.urls").url_patterns if patterns is None else patterns:
        address = before + str(one.pattern)
        if "<" in address:
            continue
        found += [address] if isinstance(one, URLPattern) else plain_paths(one.url_patterns, address)
    return found


def english() -> set[str]:
    """Every text of the catalogues whose Korean differs."""
    found = set()
    for path in Path(dangol.__file__).parent.glob("locale/*/ko/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            known = gettext.GNUTranslations(file)._catalog
        found |= {key for key, text in known.items() if isinstance(key, str) and key and key != text}
    return found - SAME


def pages(member, paths):
    """The addresses that show a page to the member; the others lead on, or only take what a form sends."""
    client = Client()
    client.force_login(member)
    session = client.session
    session[PROVED_AT] = int(time.time())  # members and units open for who has just shown the password
    session.save()
    answers = {path: client.get(path, headers={"host": "testserver"}) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code not in OPENS} == {}
    shown = [path for path, answer in answers.items()
             if answer.status_code == 200 and b"<main" in getattr(answer, "content", b"")]  # fmt: skip
    return shown, session.session_key


def faults(visitor, path, language, size, foreign):
    """What is wrong with a page in a window of this size; contrast is judged once by day and once by night."""
    page, found = visitor.open(path, size), {}
    try:
        visitor.look(path, language=language, contrast=(language, size) in {("ko", DESK), ("en", PHONE)})
    except AssertionError as fault:
        found[f"look {path} at {size[0]}"] = {str(fault)}
        visitor.noise.clear()
    texts = set(page.evaluate(TEXTS))
    if language == "ko" and texts & foreign:
        found[path] = texts & foreign
    if language == "en" and path.startswith(("/help", "/insight", "/account")):
        korean = {text for text in texts if re.search("[가-힣]", OWN.sub("", text))} - {"한국어"}
        found |= {path: korean} if korean else {}
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_stands_in_its_language_at_a_desk_and_on_a_phone(visitor, company, language):
    member, foreign, found = company.administrator, english(), {}
    type(member).objects.filter(pk=member.pk).update(language=language, theme="light")
    shown, session = pages(member, [*plain_paths(), *company.paths])
    assert set(company.paths) <= set(shown)
    assert len(shown) > 30
    visitor.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": visitor.server.url}])
    for size in (DESK, PHONE):
        if (language, size) == ("en", PHONE):
            type(member).objects.filter(pk=member.pk).update(theme="dark")
        for path in shown:
            found |= faults(visitor, path, language, size, foreign)
    assert not found, "\n".join(f"{path}: {wrong}" for path, wrong in found.items())
