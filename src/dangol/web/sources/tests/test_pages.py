"""The pages of sources: a file is uploaded, mapped, looked through, loaded, corrected and taken back in the browser."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dangol.base.errors import BadInput
from dangol.customers.collect import actions, reads
from dangol.customers.collect.rules import RESERVED
from dangol.customers.collect.tests.files import parsed_here, workbook
from dangol.web.feeds import urls as feeds
from dangol.web.sources import urls as sources
from dangol.work.actions import Quiet

TEXT = "주문번호,고객번호,상품코드,판매일시,수량,금액\n1,a,p,2026-01-05,1,100\n2,a,p,2026-01-05,하나,100\n"


@pytest.fixture
def steward(cast, client, monkeypatch):
    parsed_here(monkeypatch)
    client.force_login(cast.steward)
    return client


def upload(client, text=b"", name="판매.csv"):
    text = text or TEXT.encode("cp949")
    answer = client.post("/sources/new/", {"file": SimpleUploadedFile(name, text)})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return answer.url


def filled(page, **changes):
    """What the mapping form of a page would send, with changes."""
    values = {bound.html_name: bound.value() for bound in page.context["form"]}
    return {name: "" if value is None else value for name, value in values.items()} | changes


def looked(client, cast, address, **changes):
    """From the mapping page to the look, with the job done by hand."""
    answer = client.post(address, filled(client.get(address), **changes))
    assert answer.status_code == 302, answer.context["form"].errors
    load_id = int(answer.url.split("/")[-3])
    actions.run_check(Quiet(by=cast.steward), load_id=load_id)
    return load_id


def test_file_goes_from_upload_over_a_corrected_cell_to_the_report_and_back(steward, cast):
    address = upload(steward)
    page = steward.get(address)
    assert page.context["shown"].found["encoding"] == "cp949"
    assert page.context["shown"].kind == "sales"
    load_id = looked(steward, cast, address, code="shop")
    here = f"/sources/loads/{load_id}/look/"
    look = steward.get(here)
    outlook = look.context["load"].outlook
    assert (outlook["created"], outlook["updated"], outlook["quarantined"]) == (1, 0, 1)
    assert not reads.loads(cast.steward)
    [draft] = look.context["rows"]
    steward.post(here, {"act": "correct", f"cell:{draft['row'].id}:수량": "1"})
    actions.run_check(Quiet(by=cast.steward), load_id=load_id)
    assert steward.get(here).context["load"].outlook["created"] == 2
    assert steward.post(here, {"act": "load"}).url == f"/sources/loads/{load_id}/"
    actions.run_load(Quiet(by=cast.steward), load_id=load_id)
    view = reads.load(cast.steward, load_id)
    assert (view.read, view.created, view.quarantined, view.state) == (2, 2, 0, "done")
    assert steward.get(f"/sources/loads/{load_id}/").status_code == 200
    steward.post(f"/sources/loads/{load_id}/undo/")
    page = steward.get(f"/sources/loads/{load_id}/")
    assert (page.context["job"].kind, page.context["halted"]) == ("collect.turn", False)
    steward.post(f"/jobs/{page.context['job'].id}/cancel/")
    stopped = steward.get(f"/sources/loads/{load_id}/")
    assert stopped.context["halted"]
    assert f'action="/sources/loads/{load_id}/redo/"' in stopped.content.decode()
    steward.post(f"/sources/loads/{load_id}/undo/")
    actions.run_turn(Quiet(by=cast.steward), load_id=load_id)
    assert reads.load(cast.steward, load_id).state == "undone"


def test_next_file_of_the_same_header_is_recognised_and_a_changed_header_is_told(steward, cast):
    looked(steward, cast, upload(steward), code="shop")
    again = steward.get(upload(steward))
    assert [one.code for one in again.context["fits"]] == ["shop"]
    other = upload(steward, TEXT.replace("금액", "판매금액").encode()) + "&source=shop"
    page = steward.get(other)
    assert page.context["shown"].changes == {"added": ["판매금액"], "missing": ["금액"]}
    assert page.context["form"]["field:amount"].value() == "판매금액"
    assert page.context["form"]["field:quantity"].value() == "수량"


def test_change_form_offers_all_columns_of_the_last_file(steward, cast):
    text = TEXT.replace("금액", "금액,메모").replace("100\n", "100,x\n")
    looked(steward, cast, upload(steward, text.encode()), code="shop")
    form = steward.get("/sources/shop/change/").context["form"]
    assert ("메모", "메모") in form.fields["field:channel"].choices
    answer = steward.post("/sources/shop/change/", filled(steward.get("/sources/shop/change/"),
                          **{"field:channel": "메모", "plus:discount": "수량", "field:discount": "금액"}))  # fmt: skip
    assert answer.status_code == 302
    mapping = reads.source(cast.steward, "shop").mapping
    assert (mapping["channel"], mapping["discount"]) == ("메모", "금액 + 수량")


def test_sheet_and_header_row_can_be_chosen(steward):
    book = workbook([["표지"]], 명단=[["2026년 회원 명단"], ["회원번호", "성명"], ["1", "김민아"]])
    address = upload(steward, book, "회원.xlsx")
    page = steward.get(address + "&sheet=명단")
    assert page.context["shown"].columns == ["회원번호", "성명"]
    assert steward.get(address + "&sheet=명단&header=3&header_rows=0").context["shown"].columns == [
        "column 1",
        "column 2",
    ]


@pytest.fixture
def refused(steward, cast):
    rows = "".join(f"{n},a,p,2026-01-05,{n}개월,100\n" for n in range(3, 6))
    load_id = looked(steward, cast, upload(steward, (TEXT + rows).encode()), code="shop")
    actions.load_checked(by=cast.steward, load_id=load_id, queue=False)
    actions.run_load(Quiet(by=cast.steward), load_id=load_id)
    return load_id


def test_quarantine_list_filters_assigns_ignores_takes_up_and_corrects_alike(steward, cast, refused):
    page = steward.get("/sources/quarantine/?source=shop&reason=not_integer")
    assert page.context["list"]["count"].n == 4
    ids = [str(row.id) for row in reads.quarantine(cast.steward).rows]
    steward.post("/sources/quarantine/", {"act": "bulk:assign", "id": ids, "value.assign": str(cast.steward.pk)})
    assert steward.get(f"/sources/quarantine/?assigned={cast.steward.pk}").context["list"]["count"].n == 4
    assert steward.get(f"/sources/quarantine/?assigned={cast.administrator.pk}").context["list"]["count"].n == 0
    go = steward.post("/sources/quarantine/", {"act": "bulk:ignore", "id": ids[:1]}).url
    steward.post(go, {"note": "시험 행"})
    assert steward.get("/sources/quarantine/?state=ignored").context["list"]["count"].n == 1
    steward.post("/sources/quarantine/?state=ignored", {"act": "bulk:take_up", "id": ids[:1]})
    assert reads.waiting(cast.steward) == 4
    go = steward.post("/sources/quarantine/", {"act": "bulk:mend", "id": ids}).url
    step = {"column": "수량", "verb": "replace_part", "find": "개월", "put": ""}
    outlook = steward.post(go, {**step, "act": "look"}).context["outlook"]
    assert (outlook.changed, outlook.fits) == (3, 3)
    assert reads.waiting(cast.steward) == 4
    steward.post(go, {**step, "act": "mend"})
    assert reads.waiting(cast.steward) == 1
    view = reads.load(cast.steward, refused)
    assert (view.read, view.loaded, view.quarantined) == (5, 4, 1)


def test_error_file_holds_row_and_reason_is_no_formula_and_loads_again(steward, cast, refused):
    data = {"source": "shop", "why": "고치기 위해"}
    text = steward.post("/sources/quarantine/export/", data).content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("주문번호,고객번호,상품코드,판매일시,수량,금액,dangol_file,dangol_line")
    mended = text.replace("개월", "").replace("하나", "1").encode()
    load_id = actions.start_load(by=cast.steward, source_code="shop", pieces=io.BytesIO(mended), name="고침.csv")
    report = actions.run_load(Quiet(by=cast.steward), load_id=load_id)
    assert (report["loaded"], report["quarantined"]) == (4, 0)


def test_forged_upload_address_is_not_found(steward):
    assert steward.get("/sources/describe/?file=../../etc/passwd").status_code == 404


def test_page_of_a_role_without_the_right_is_refused(cast, client, steward, refused):
    client.force_login(cast.rep)
    assert client.get("/sources/").status_code == 403
    assert client.get("/sources/quarantine/").status_code == 403
    client.force_login(cast.analyst)
    assert client.get("/sources/").status_code == 200
    assert client.get("/sources/new/").status_code == 403
    assert client.get(f"/sources/loads/{refused}/look/").status_code == 403
    [row, *_] = reads.quarantine(cast.analyst).rows
    assert client.get(f"/sources/quarantine/mend/?id={row.id}").status_code == 403
    assert client.post("/sources/quarantine/", {"act": "bulk:retry", "id": [str(row.id)]}).status_code == 403


def test_looking_changes_nothing(steward):
    for address in ("/sources/loads/1/undo/", "/sources/quarantine/retry/", "/sources/shop/check/"):
        assert steward.get(address).status_code == 405


@pytest.mark.parametrize("address", ["/sources/", "/sources/quarantine/", "/sources/new/"])
def test_empty_pages_say_what_to_do(steward, address):
    assert steward.get(address).status_code == 200


def test_no_source_is_called_like_a_page(cast):
    taken = {str(one.pattern).split("/")[1] for one in feeds.urlpatterns if str(one.pattern).startswith("sources/")}
    taken |= {str(one.pattern).split("/")[0] for one in sources.urlpatterns}
    assert {word for word in taken if word and not word.startswith("<")} == RESERVED
    with pytest.raises(BadInput, match="taken by a page"):
        actions.describe_source(by=cast.steward, code="Quarantine", kind="products", reader="csv",
                                mapping={"product_key": "no"})  # fmt: skip
