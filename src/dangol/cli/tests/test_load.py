"""`dangol load`: proposed, checked without loading, loaded, refused rows written out, taken back."""

import json

import pytest

from dangol.cli import main
from dangol.customers.collect import reads

TEXT = "성명|휴대폰|이메일\n김민아|010-1234-5678|mina@example.com\n박지호|12|jiho@example.com\n"


@pytest.fixture
def dangol(cast, tmp_path, capsys):
    path = tmp_path / "회원.csv"
    path.write_text(TEXT, encoding="cp949")

    def run(*arguments):
        code = main(["load", *map(str, arguments)])
        return code, capsys.readouterr().out

    run.path = path
    return run


def test_file_without_keys_is_looked_through_then_loaded_by_phone_and_taken_back(dangol, tmp_path):
    given = [dangol.path, "--kind", "customers", "--match-by", "email", "--json"]
    refused = tmp_path / "refused.csv"
    code, out = dangol(*given, "--dry-run", "--refused", refused)
    report = json.loads(out)
    assert (code, report["created"], report["quarantined"], report["reasons"]) == (0, 1, 1, {"not_phone:phone": 1})
    assert "박지호" in refused.read_text("utf-8")
    assert not list(reads.people())
    code, out = dangol(*given, "--map", "phone=휴대폰", "--unfit", "empty")
    report = json.loads(out)
    assert (report["created"], report["updated"], report["quarantined"]) == (2, 0, 0)
    code, out = dangol(dangol.path, "--source", "customers", "--mode", "update")
    assert "0 loaded (0 created, 0 updated), 2 unchanged" in out
    dangol("--undo", report["load_id"])
    assert not list(reads.people())
