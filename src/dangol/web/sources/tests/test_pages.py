"""The pages of sources: a file is uploaded, mapped, checked, loaded, corrected and taken back in the browser."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dangol.customers.collect import actions, reads
from dangol.work.actions import Quiet

TEXT = "주문번호,고객번호,상품코드,판매일시,수량,금액\n1,a,p,2026-01-05,1,100\n2,a,p,2026-01-05,하나,100\n"


@pytest.fixture
def steward(cast, client):
    client.force_login(cast.steward)
    return client


def upload(client):
    answer = client.post("/sources/new/", {"file": SimpleUploadedFile("판매.csv", TEXT.encode("cp949"))})
    assert answer.status_code == 302
    return answer.url


def test_file_goes_from_upload_to_load_report(steward, cast):
    page = steward.get(upload(steward))
    form = page.context["form"]
    assert page.context["shown"].found["encoding"] == "cp949"
    data = {bound.html_name: bound.value() or "" for bound in form} | {"code": "shop", "key": []}
    answer = steward.post(page.wsgi_request.get_full_path(), data)
    check = steward.get(answer.url)
    assert (check.context["found"].counts.loaded, check.context["found"].counts.quarantined) == (1, 1)
    started = steward.post(answer.url)
    [view] = reads.loads(cast.steward)
    assert started.url == f"/sources/loads/{view.id}/"
    assert view.state == "waiting"
    actions.run_load(Quiet(by=cast.steward), load_id=view.id)
    assert "1" in steward.get(started.url).content.decode()
    [row] = reads.quarantine(cast.steward).rows
    fixed = steward.post(f"/sources/quarantine/rows/{row.id}/", {"cell:수량": "1"})
    assert fixed.status_code == 302
    assert reads.load(cast.steward, view.id).loaded == 2
    steward.post(f"/sources/loads/{view.id}/undo/")
    assert reads.load(cast.steward, view.id).state == "undone"


def test_forged_upload_address_is_not_found(steward):
    assert steward.get("/sources/describe/?file=../../etc/passwd").status_code == 404


def test_page_of_a_role_without_the_right_is_refused(cast, client):
    client.force_login(cast.rep)
    assert client.get("/sources/").status_code == 403
    client.force_login(cast.analyst)
    assert client.get("/sources/").status_code == 200
    assert client.get("/sources/new/").status_code == 403


def test_looking_changes_nothing(steward):
    for address in ("/sources/loads/1/undo/", "/sources/quarantine/retry/", "/sources/quarantine/ignore/"):
        assert steward.get(address).status_code == 405


@pytest.mark.parametrize("address", ["/sources/", "/sources/quarantine/", "/sources/new/"])
def test_empty_pages_say_what_to_do(steward, address):
    assert steward.get(address).status_code == 200
