"""Customers are created, updated, matched and taken back row by row; nothing known is erased unasked."""

import pytest

from dangol.base.errors import BadInput, Cancelled, Conflict
from dangol.customers.collect import actions, checking, reads
from dangol.customers.collect.models import Person
from dangol.customers.collect.tests.files import parsed_here, redone, undone
from dangol.work.actions import Quiet

MAPPING = {"source_key": "no", "name": "name", "phone": "phone", "email": "email"}


class Space:
    """Sources of one key space, and files loaded into them."""

    def __init__(self, cast, folder):
        self.by, self.folder, self.count = cast.steward, folder, 0

    def describe(self, code="crm", mapping=None, **options):
        actions.describe_source(by=self.by, code=code, kind="customers", reader="csv", mapping=mapping or MAPPING,
                                system="shop", options=options)  # fmt: skip

    def path(self, text):
        self.count += 1
        path = self.folder / f"{self.count}.csv"
        path.write_text(text)
        return path

    def load(self, text, code="crm"):
        made = actions.start_load(by=self.by, source_code=code, path=self.path(text))
        report = actions.run_load(Quiet(by=self.by), load_id=made)
        assert report["read"] == report["loaded"] + report["unchanged"] + report["quarantined"]
        assert report["loaded"] == report["created"] + report["updated"]
        assert report["skipped"] <= report["unchanged"]
        return report

    def look(self, text, code="crm"):
        made = actions.start_check(by=self.by, source_code=code, path=self.path(text))
        return made, actions.run_check(Quiet(by=self.by), load_id=made)

    def known(self, key="1"):
        return next((row for row in reads.people() if row["source_key"] == key), {})


@pytest.fixture(autouse=True)
def here(monkeypatch):
    parsed_here(monkeypatch)


@pytest.fixture
def space(cast, tmp_path):
    made = Space(cast, tmp_path)
    made.describe()
    return made


HEAD = "no,name,phone,email\n"
FIRST = HEAD + "1,김민아,010-1234-5678,mina@example.com\n2,박지호,010-2222-3333,\n"


def some(report):
    return tuple(report[name] for name in ("created", "updated", "unchanged", "quarantined"))


def test_update_changes_what_it_says_and_empty_cells_erase_nothing_until_asked(space):
    assert some(space.load(FIRST)) == (2, 0, 0, 0)
    assert some(space.load(HEAD + "1,,010-9999-0000,\n2,박지호,010-2222-3333,\n3,이소연,,\n")) == (1, 1, 1, 0)
    assert (space.known()["name"], space.known()["phone"]) == ("김민아", "010-9999-0000")
    assert space.known()["email"] == "mina@example.com"
    space.describe(empty="erase")
    assert some(space.load(HEAD + "1,김민아,010-9999-0000,\n")) == (0, 1, 0, 0)
    assert "email" not in space.known()


def test_undone_update_brings_the_former_values_back_also_below_a_later_one(space):
    space.load(FIRST)
    second = space.load(HEAD + "1,김민아,010-9999-0000,\n")
    third = space.load(HEAD + "1,,,new@example.com\n")
    undone(space.by, second["load_id"])
    assert (space.known()["phone"], space.known()["email"]) == ("010-1234-5678", "new@example.com")
    undone(space.by, third["load_id"])
    assert space.known()["email"] == "mina@example.com"
    redone(space.by, second["load_id"])
    assert space.known()["phone"] == "010-9999-0000"


def test_only_chosen_fields_are_overwritten_and_others_only_filled_in(space):
    space.load(FIRST)
    space.describe(overwrite="phone")
    space.load(HEAD + "1,다른 이름,010-9999-0000,\n2,박지호,,jiho@example.com\n")
    assert (space.known()["name"], space.known()["phone"]) == ("김민아", "010-9999-0000")
    assert space.known("2")["email"] == "jiho@example.com"


@pytest.mark.parametrize(("mode", "counts", "skipped"), [("create", (1, 0, 2, 0), 1), ("update", (0, 1, 2, 0), 1)])
def test_mode_leaves_out_and_counts_what_it_leaves_out(space, mode, counts, skipped):
    space.load(FIRST)
    space.describe(mode=mode)
    report = space.load(HEAD + "1,새 이름,010-1234-5678,mina@example.com\n2,박지호,010-2222-3333,\n3,이소연,,\n")
    expected = counts if mode == "create" else (0, 1, 2, 0)
    assert some(report) == expected
    assert report["skipped"] == (2 if mode == "create" else 1)
    assert any("left" in note["template"] for note in report["notes"])


def test_products_know_the_mode_too(cast, tmp_path):
    def load(mode, text):
        actions.describe_source(by=cast.steward, code="p", kind="products", reader="csv", options={"mode": mode},
                                mapping={"product_key": "code", "product": "name"})  # fmt: skip
        (tmp_path / f"{mode}.csv").write_text("code,name\n" + text)
        made = actions.start_load(by=cast.steward, source_code="p", path=tmp_path / f"{mode}.csv")
        return some(actions.run_load(Quiet(by=cast.steward), load_id=made))

    assert load("both", "a,A\n") == (1, 0, 0, 0)
    assert load("create", "a,A2\nb,B\n") == (1, 0, 1, 0)
    assert load("update", "a,A3\nc,C\n") == (0, 1, 1, 0)


MATCHED = {"name": "name", "phone": "phone", "email": "email"}


@pytest.mark.parametrize(
    ("match", "row"),
    [
        ("phone", ",+82 10 1234 5678,new@example.com"),
        ("email", ",,MINA@example.com"),
        ("name+phone", "김 민아,01012345678,"),
    ],
)
def test_file_without_customer_numbers_finds_people_by_other_fields(space, match, row):
    space.load(FIRST)
    space.describe("mail", MATCHED, match_by=match)
    text = "name,phone,email\n" + row + "\n새 사람,010-7777-8888,x@example.com\n"
    report = space.load(text, "mail")
    assert some(report) == (1, 1, 0, 0)
    assert len([row for row in reads.people() if row["source_key"] == "1"]) == 2
    again = space.load(text + "\n", "mail")
    assert some(again) == (0, 0, 2, 0)


def test_ambiguous_or_missing_match_goes_to_quarantine_with_its_reason(space):
    space.load(FIRST + "3,이소연,01022223333,\n")
    space.describe("mail", MATCHED, match_by="phone")
    report = space.load("name,phone,email\n누구,010-2222-3333,\n누구,,a@example.com\n", "mail")
    assert report["reasons"] == {"ambiguous_match": 1, "no_match_value": 1}
    with pytest.raises(BadInput, match="no column"):
        space.describe("mail", {"name": "name"}, match_by="phone")


def test_unfit_values_are_refused_left_empty_or_kept_as_asked(space):
    text = HEAD + "1,김민아,모름표,mina@example\n"
    assert some(space.load(text)) == (1, 0, 0, 0)
    assert space.known()["email"] == "mina@example"
    space.describe(unfit="empty")
    space.load(text.replace("1,", "2,"))
    assert "email" not in space.known("2")
    space.describe(unfit="quarantine")
    assert space.load(text.replace("1,", "3,"))["reasons"] == {"not_phone": 1}


def test_look_says_what_would_become_of_each_row_and_loads_none(space):
    space.load(FIRST)
    space.describe(unfit="quarantine")
    text = HEAD + "1,김민아,010-9999-0000,\n2,박지호,010-2222-3333,\n3,이소연,x,\n4,최수아,,\n"
    load_id, found = space.look(text)
    counts = tuple(found[name] for name in ("read", "created", "updated", "unchanged", "quarantined"))
    assert counts == (4, 1, 1, 1, 1)
    assert found["reasons"] == [["not_phone", "phone", 1]]
    [updated] = found["examples"]["updated"]
    assert updated["changes"] == {"phone": ["010-1234-5678", "010-9999-0000"]}
    assert space.known()["phone"] == "010-1234-5678"
    assert reads.waiting(space.by) == 0
    [draft] = reads.drafts(space.by, load_id).rows
    actions.correct(by=space.by, load_id=load_id, values={draft.id: {"phone": "010-2345-6789"}})
    assert actions.run_check(Quiet(by=space.by), load_id=load_id)["created"] == 2
    actions.load_checked(by=space.by, load_id=load_id, queue=False)
    assert some(actions.run_load(Quiet(by=space.by), load_id=load_id)) == (2, 1, 1, 0)
    assert space.known("3")["phone"] == "010-2345-6789"
    with pytest.raises(Conflict):
        actions.load_checked(by=space.by, load_id=load_id)


def test_looks_say_a_changed_header_and_go_with_what_they_kept(space):
    space.load(FIRST)
    load_id, found = space.look(HEAD.replace("\n", ",등급\n") + "9,한가람,,,A\n")
    assert found["header"] == {"added": ["등급"], "missing": []}
    upload = reads.load(space.by, load_id)
    actions.discard_check(by=space.by, load_id=load_id)
    assert not reads.loads(space.by)[1:]
    assert upload.state == "checked"


def test_cancelled_load_leaves_nothing_and_can_go_on(space, monkeypatch):
    from dangol.customers.collect import loading

    monkeypatch.setattr(loading, "PEOPLE_ROWS", 10)
    rows = HEAD + "".join(f"{n},이름{n},,\n" for n in range(100))
    made = actions.start_load(by=space.by, source_code="crm", path=space.path(rows))

    class Stopping(Quiet):
        def progress(self, done, total=None, note=""):
            if note == loading.LOADING and done >= 30:
                raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        actions.run_load(Stopping(by=space.by), load_id=made)
    assert not list(reads.people())
    assert actions.run_load(Quiet(by=space.by), load_id=made)["created"] == 100
    assert len(list(reads.people())) == 100


def test_corrections_remembered_by_the_source_are_made_in_every_later_file(space):
    space.describe(unfit="quarantine")
    space.load(HEAD + "1,김민아,9999,\n2,박지호,9999,\n")
    step = {"column": "phone", "verb": "replace", "find": "9999", "put": ""}
    assert reads.mend_outlook(space.by, source_code="crm", step=step).fits == 2
    assert actions.mend(by=space.by, source_code="crm", step=step, remember=True)["loaded"] == 2
    assert some(space.load(HEAD + "3,이소연,9999,\n")) == (1, 0, 0, 0)
    assert "phone" not in space.known("3")


def test_files_looked_through_and_never_loaded_are_forgotten_after_a_week(space):
    from datetime import UTC, datetime, timedelta

    from dangol.customers.collect.models import Load, Quarantined

    space.describe(unfit="quarantine")
    load_id, _found = space.look(HEAD + "1,김민아,x,\n")
    assert Quarantined.objects.filter(state="draft").count() == 1
    Load.objects.filter(pk=load_id).update(created_at=datetime.now(UTC) - timedelta(days=8))
    checking.sweep()
    assert not Quarantined.objects.exists()
    assert not Load.objects.exists()


def test_a_lunar_birthday_is_kept_as_the_solar_day_with_its_calendar_however_it_is_said(cast, tmp_path):
    space = Space(cast, tmp_path)
    space.describe("in-text", mapping={"source_key": "no", "birth": "born"})
    space.describe("apart", mapping={"source_key": "no", "birth": "born", "birth_lunar": "cal"})
    space.load("no,born\nA,음력 1988-03-02\nB,1988-03-02\n", "in-text")
    apart = "no,born,cal\nC,1988-03-02,음\nD,1988-03-02,양\nE,1987-02-29,lunar\nF,1987-02-29,solar\nG,,음\n"
    assert space.load(apart, "apart")["quarantined"] == 1  # there was no such solar day
    said = {row.source_key: (row.fields.get("birth"), row.fields.get("birth_lunar")) for row in Person.objects.all()}
    lunar, solar = ("1988-04-17", "lunar"), ("1988-03-02", None)
    assert said == {"A": lunar, "B": solar, "C": lunar, "D": solar, "E": ("1987-03-28", "lunar"), "G": (None, None)}
    space.load("no,born\nA,1988-05-05\n", "in-text")
    assert "birth_lunar" not in Person.objects.get(source_key="A", newest=True).fields
