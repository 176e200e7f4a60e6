"""Personal Information Protection Act art. 35-2: machine-readable, without what was worked out, log kept three years."""

import csv
import hashlib
import io
import json

import pytest

from dangol.base.errors import Conflict
from dangol.customers.identify import reads as identify
from dangol.customers.identify.matching import actions as matching
from dangol.privacy import actions
from dangol.privacy.models import Handover
from dangol.privacy.reads.documents import report


def test_export_holds_what_the_person_gave_and_no_derived_score(graded):
    made = graded.ask("portability")
    text = actions.export(by=graded.cast.steward, request_id=made, form="json")
    whole = json.loads(text)
    assert "derived" not in whole["parts"]
    assert set(whole["parts"]) == {"person", "sources", "requests"}
    standing = graded.person("P-1").standing
    assert standing.segment
    assert f'"{standing.segment}"' not in text
    assert Handover.objects.get().sha256 == hashlib.sha256(text.encode()).hexdigest()
    access = json.loads(actions.export(by=graded.cast.steward, request_id=graded.ask("access"), form="json"))
    assert standing.segment in {row["value"] for row in access["parts"]["derived"]}


def test_csv_says_the_same_and_no_cell_is_a_formula(people):
    person = people.person("P-1")
    person.address = "=HYPERLINK(1)"
    person.save()
    made = people.ask("portability")
    text = actions.export(by=people.cast.steward, request_id=made, form="csv")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["part", "row", "field", "value"]
    cells = {row[3] for row in rows[1:]}
    assert "gilsun@example.com" in cells
    assert "'=HYPERLINK(1)" in cells


def test_other_requests_export_nothing(people):
    with pytest.raises(Conflict):
        actions.export(by=people.cast.steward, request_id=people.ask("correction"), form="json")


def test_a_merged_persons_report_holds_what_is_known_under_every_key_once(shop, django_assert_max_num_queries):
    one, other = shop.person("P-1"), shop.person("P-2")
    alone = {name: {str(row) for row in part["rows"]} for name, part in _parts(shop, one.pk).items()}
    theirs = {name: {str(row) for row in part["rows"]} for name, part in _parts(shop, other.pk).items()}
    matching.merge(by=shop.cast.steward, kept_id=one.pk, gone_id=other.pk)
    whole = _parts(shop, one.pk)
    for name in ("sources", "purchases"):
        rows = [str(row) for row in whole[name]["rows"]]
        assert len(rows) == len(set(rows))
        assert set(rows) == alone[name] | theirs[name]
    keys = [row["value"] for row in whole["person"]["rows"] if row["field"] == "key"]
    assert sorted(keys) == ["P-1", "P-2"]
    values = [(row["field"], row["value"]) for row in whole["person"]["rows"]]
    assert len(values) == len(set(values))
    said = {row["value"] for part in ("person", "sources") for row in whole[part]["rows"]}
    assert {"홍길순", "김철수", "gilsun@example.com", "chulsoo@example.com"} <= said
    assert whole == _parts(shop, other.pk)  # asked for under either number
    with django_assert_max_num_queries(3):
        identify.reach(shop.cast.steward, [one.pk, other.pk])


def _parts(shop, customer_id):
    return {part.name: vars(part) for part in report(shop.cast.steward, customer_id).parts}
