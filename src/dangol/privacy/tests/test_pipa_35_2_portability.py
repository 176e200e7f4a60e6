"""Personal Information Protection Act art. 35-2: machine-readable, without what was worked out, log kept three years."""

import csv
import hashlib
import io
import json

import pytest

from dangol.base.errors import Conflict
from dangol.privacy import actions
from dangol.privacy.models import Handover


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
