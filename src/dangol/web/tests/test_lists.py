"""The list kit, through the sample list of the components page and a list of its own."""

import csv
import io
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.base.formula import guard, unguard
from dangol.staff.rules import Right
from dangol.web.home.samples import SAMPLES
from dangol.web.lists import Choice, Column, Count, ListPage, Page, Range, export
from dangol.web.lists.state import query, read
from dangol.work.actions import Quiet
from dangol.work.models import Job

HX = {"hx-request": "true", "hx-target": "list-region"}
ROWS = [
    {"id": 1, "name": "=1+1", "amount": -500, "note": "+82 10-1234-5678"},
    {"id": 2, "name": "김민아", "amount": 129000, "note": "＝cmd()"},
]


def _page(state, limit, after):
    found = [row for row in ROWS if state.text in row["name"]]
    start = int(after or 0)
    return Page(found[start : start + limit], str(start + limit) if start + limit < len(found) else None)


LIST = ListPage(
    name="people",
    title="People",
    columns=(
        Column("name", "Name", sortable=True),
        Column("amount", "Amount", "money", sortable=True),
        Column("note", "Note"),
    ),
    filters=(Choice("kind", "Kind", choices=(("a", "A"), ("b", "B"))), Range("amount", "Amount", kind_of="money")),
    rows=_page,
    count=lambda state, exact: Count(len(ROWS)),
    sort="name",
    export_right=Right.CUSTOMERS_EXPORT,
)


@pytest.fixture
def member(cast, client):
    client.force_login(cast.marketer)
    return client


def ask(rf, by, data, path="/people/"):
    request = rf.post(path, data)
    request.user, request.htmx, request.session = by, False, {"proved_at": time.time()}
    return LIST.respond(request, "home/components.html")


def test_address_is_the_whole_state():
    address = "q=%EA%B9%80&kind=a&kind=b&amount.from=10&sort=-amount&cols=name,note&size=100"
    state = read(LIST, None, QueryDict(address))
    assert state.text == "김"
    assert state.filters == {"kind": ("a", "b"), "amount": (10, None)}
    assert (state.sort, state.descending, state.columns, state.size) == ("amount", True, ("name", "note"), 100)
    assert read(LIST, None, QueryDict(query(LIST, state)[1:])) == state


@given(st.dictionaries(st.sampled_from(["q", "kind", "sort", "cols", "size", "view", "after", "exact"]), st.text()))
def test_any_address_gives_a_state_that_writes_itself_back(given_pairs):
    state = read(LIST, None, _query_dict(given_pairs))
    again = read(LIST, None, QueryDict(query(LIST, state)[1:]))
    assert again.but(after=None) == state.but(after=None)


def _query_dict(values):
    made = QueryDict(mutable=True)
    for key, value in values.items():
        made[key] = value
    return made


def test_sorting_by_a_column_that_is_not_sortable_changes_nothing():
    state = read(LIST, None, QueryDict("sort=-note"))
    assert (state.sort, state.descending) == ("name", False)


def test_nonsense_in_a_range_is_named():
    with pytest.raises(BadInput, match="not a number"):
        read(LIST, None, QueryDict("amount.from=1e999"))


def test_list_shows_rows_count_and_next(member):
    page = member.get("/components/").content.decode()
    assert page.count("<tr>") > 25
    assert "100+" in page
    assert "after=25" in page


def test_live_search_gets_the_region_alone_and_the_canonical_address(member):
    answer = member.get("/components/?q=0007&sort=name", headers=HX)
    page = answer.content.decode()
    assert page.lstrip().startswith('<div class="list-region"')
    assert 'id="list-q"' not in page
    assert answer["HX-Replace-Url"] == "/components/?q=0007"
    assert "0007" in page
    assert "0008" not in page


def test_half_typed_number_keeps_the_list_and_says_what_is_wrong(member):
    answer = member.get("/components/?amount.from=12x", headers=HX)
    assert answer.status_code == 200
    assert "숫자가 아닙니다: “12x”" in answer.content.decode()


def test_exact_count_is_given_on_request(member):
    page = member.get(
        "/components/?exact=1", headers={"hx-request": "true", "hx-target": "list-count"}
    ).content.decode()
    assert "<b>239</b>" in page


def test_nothing_found_offers_to_clear_the_filters(member):
    page = member.get("/components/?q=zzz").content.decode()
    assert "empty-nothing" in page.split('id="list-region"')[1].split("</section>")[0]


def test_chips_take_away_one_filter_each(member):
    region = member.get("/components/?group=A&amount.from=100", headers=HX).content.decode()
    chips = region.split('class="chips"')[1].split("</ul>")[0]
    assert 'href="/components/?amount.from=100"' in chips
    assert 'href="/components/?group=A"' in chips


def test_filters_narrow_by_what_the_address_says(member):
    region = member.get("/components/?group=A&size=200", headers=HX).content.decode()
    assert region.count('name="id"') == 79
    assert len(re.findall(r'data-label="[^"]+"[^>]*>\s*<span>\s*A\s*<', region)) == 79


def test_selecting_everything_acts_on_all_that_match(member):
    answer = member.post("/components/?group=A", {"act": "bulk:mark", "everything": "1"}, follow=True)
    assert "센 결과: 79건" in answer.content.decode()


def test_bulk_action_acts_on_the_ids_given_once_each(member):
    answer = member.post("/components/", {"act": "bulk:mark", "id": ["1", "2", "2"]}, follow=True)
    assert "센 결과: 2건" in answer.content.decode()


def test_bulk_action_without_a_selection_asks_for_one(member):
    answer = member.post("/components/", {"act": "bulk:mark"}, follow=True)
    assert "먼저 행을 하나 이상 선택하세요." in answer.content.decode()


def test_unknown_action_is_refused(member):
    assert member.post("/components/", {"act": "bulk:nothing"}).status_code == 404
    assert member.post("/components/", {"act": "x"}).status_code == 422


@pytest.mark.parametrize(
    "danger",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "\x00=1",
        "＝1+1",
        "　＝1",
        "\ufeff=1",
        "-cmd|x",
        "+82-10-1234-5678",
    ],
)
def test_text_that_looks_like_a_formula_is_kept_from_acting(danger):
    assert guard(danger) == "'" + danger
    assert unguard(guard(danger)) == danger


@pytest.mark.parametrize(
    "plain", ["-12,345.60", "+821012345678", "-5", "3=3", "김민아", "a@b.example", "", "  ", "12%", "-3.5%"]
)
def test_numbers_phones_and_plain_text_stay_usable(plain):
    assert guard(plain) == plain


@given(st.text())
def test_no_guarded_text_begins_a_formula(text):
    from dangol.base.formula import HARMLESS, bare

    seen = bare(guard(text))
    assert not seen or seen[0] not in "=+-@＝＋－＠" or HARMLESS.fullmatch(seen)


def test_csv_export_reads_back_with_the_right_noted(cast, rf, monkeypatch):
    notes = []
    monkeypatch.setattr("dangol.web.lists.export.actions.note_access", lambda **note: notes.append(note))
    answer = ask(rf, cast.marketer, {"act": "export", "format": "csv", "reason": "월간 보고서"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[1:] == [["'=1+1", "-500", "'+82 10-1234-5678"], ["김민아", "129000", "'＝cmd()"]]
    assert notes[0]["count"] == 2
    assert notes[0]["reason"] == "월간 보고서"


def test_export_of_many_rows_is_made_by_a_job_and_fetched_by_whoever_asked_alone(cast, rf, monkeypatch, home):
    monkeypatch.setattr(export, "AT_ONCE", 1)
    given = {"act": "export", "format": "csv", "reason": "월간 보고서", "everything": "1"}
    answer = ask(rf, cast.marketer, given, "/people/?q=김")
    job = Job.objects.get()
    assert answer.url == f"/people/?q=%EA%B9%80&job={job.pk}"
    running = Quiet(by=cast.marketer)
    running.job_id = job.pk
    result = export.run_job(running, **job.arguments)
    Job.objects.update(state="done", result=result)
    assert result["rows"] == 1
    got = b"".join(export.fetch(LIST, cast.marketer, str(job.pk)).streaming_content).decode("utf-8-sig")
    assert "김민아" in got
    assert "=1+1" not in got  # not found by the search
    for other in (cast.administrator, cast.rep):
        with pytest.raises((NotFound, NotAllowed)):
            export.fetch(LIST, other, str(job.pk))
    monkeypatch.setattr(export, "KEEP_HOURS", -1)
    with pytest.raises(NotFound):
        export.fetch(LIST, cast.marketer, str(job.pk))


def test_xlsx_export_holds_texts_as_texts_and_numbers_as_numbers(cast, rf):
    answer = ask(rf, cast.marketer, {"act": "export", "format": "xlsx", "reason": "월간 보고서", "id": ["1"]})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = next(iter(sheet.iter_rows(min_row=2)))
    assert [cell.value for cell in cells] == ["=1+1", -500, "+82 10-1234-5678"]
    assert [cell.data_type for cell in cells] == ["s", "n", "s"]
    assert sheet.max_row == 2


def test_export_asks_for_a_reason_and_a_right(cast, rf):
    with pytest.raises(BadInput, match="what the export is for"):
        ask(rf, cast.marketer, {"act": "export", "format": "csv", "reason": " "})
    with pytest.raises(NotAllowed):
        ask(rf, cast.rep, {"act": "export", "format": "csv", "reason": "월간 보고서"})


def test_saving_as_new_never_touches_the_old_view(member):
    first = member.post("/components/?group=A", {"act": "view:save_as", "name": "내 보기"})
    view = parse_qs(urlsplit(first["Location"]).query)["view"][0]
    page = member.get(first["Location"]).content.decode()
    assert "내 보기" in page
    assert "list-changed" not in page
    changed = f"/components/?group=B&view={view}"
    assert "list-changed" in member.get(changed).content.decode()
    assert member.post(changed, {"act": "view:save_as", "name": "내 보기"}).status_code == 409
    member.post(changed, {"act": "view:save_as", "name": "다른 보기"})
    again = member.get(f"/components/?view={view}&group=A").content.decode()
    assert "list-changed" not in again
    member.post(changed, {"act": "view:save"})
    assert "list-changed" not in member.get(changed).content.decode()
    member.post(changed, {"act": "view:delete"})
    assert "내 보기" not in member.get("/components/").content.decode()


def test_samples_are_marked_as_generated(member):
    assert "생성됨" in member.get("/components/", headers=HX).content.decode()
    assert SAMPLES.name == "samples"


def test_export_asks_for_the_password_again_after_a_while(cast, rf):
    request = rf.post("/people/?q=a", {"act": "export", "format": "csv", "reason": "분기 점검"})
    request.user, request.htmx, request.session = cast.marketer, False, {"proved_at": time.time() - 3600}
    answer = LIST.respond(request, "home/components.html")
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == ["/people/?q=a"]
