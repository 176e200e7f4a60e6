"""Watched folders: whole files once, with a report; nothing else is touched."""

import json
import os
import time

import pytest

from dangol.base.errors import BadInput, NotAllowed
from dangol.customers.collect import actions as collect
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions, folders
from dangol.work.actions import Quiet
from dangol.work.schedules.rules import Plan


@pytest.fixture
def folder(cast, monkeypatch):
    """The watched folder of a source of products."""
    monkeypatch.setattr(folders, "SETTLE_SECONDS", 0.05)
    collect.describe_source(by=cast.steward, code="shop", kind="products", reader="csv",
                            mapping={"product_key": "code", "product": "name"})  # fmt: skip
    actions.schedule_pull(by=cast.steward, source_code="shop", plan=Plan("minutes", minutes=15))
    return folders.folder_of("shop")


def drop(folder, name, text="code,name\na,크림\n", old=True):
    path = folder / name
    path.write_text(text, "utf-8")
    if old:
        os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def pull(cast):
    return actions.pull(Quiet(by=cast.steward), source_code="shop")


def put_aside(folder, place):
    return sorted(path.name.split("-", 1)[1] for path in (folder / place).iterdir())


def test_whole_file_is_loaded_once_and_put_aside_with_its_report(cast, folder):
    drop(folder, "1.csv")
    assert pull(cast) == {"files": 1, "loaded": 1, "unchanged": 0, "quarantined": 0, "failed": []}
    assert put_aside(folder, "done") == ["1.csv", "1.csv.report.json"]
    [report] = [json.loads(path.read_text()) for path in (folder / "done").glob("*.json")]
    assert (report["file"], report["read"], report["loaded"]) == ("1.csv", 1, 1)
    drop(folder, "same bytes again.csv")
    assert pull(cast)["loaded"] == 0
    assert len(collected.loads(cast.steward)) == 1


def test_files_that_are_still_written_stay(cast, folder):
    for name in ("a.csv.part", ".hidden.csv", "b.tmp", "c.csv.crdownload"):
        drop(folder, name)
    growing = drop(folder, "growing.csv", old=False)
    before = folders._look

    def grow(path):
        with growing.open("a") as file:
            file.write("x")
        return before(path)

    folders._look, kept = grow, before
    try:
        assert pull(cast)["files"] == 0
    finally:
        folders._look = kept
    assert len(list(folder.glob("*.*"))) == 5


def test_links_are_not_followed(cast, folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("code,name\nz,secret\n")
    (folder / "link.csv").symlink_to(secret)
    assert pull(cast)["files"] == 0
    assert secret.exists()
    assert not collected.raw_files("products")


def test_folder_that_leads_elsewhere_is_refused(cast, folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for path in (folder / "done", folder / "failed", folder):
        path.rmdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="leads out"):
        pull(cast)


def test_file_that_cannot_be_loaded_fails_with_its_reason_and_the_others_go_on(cast, folder):
    drop(folder, "1-bad.csv", "nothing,of,this\n1,2,3\n")
    drop(folder, "2.xlsx", "no excel")
    drop(folder, "3-good.csv")
    with pytest.raises(BadInput, match="2 of 3 files"):
        pull(cast)
    assert put_aside(folder, "failed") == ["1-bad.csv", "1-bad.csv.report.json", "2.xlsx", "2.xlsx.report.json"]
    reports = [json.loads(path.read_text())["error"] for path in sorted((folder / "failed").glob("*.json"))]
    assert "no column" in reports[0]
    assert "form" in reports[1]
    assert put_aside(folder, "done")[0] == "3-good.csv"
    assert pull(cast)["files"] == 0


def test_file_whose_process_died_before_it_was_put_aside_is_not_loaded_twice(cast, folder, monkeypatch):
    drop(folder, "1.csv")

    def die(*_given, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_put_aside", die)
        with pytest.raises(KeyboardInterrupt):
            pull(cast)
    assert pull(cast)["loaded"] == 0
    assert put_aside(folder, "done")[0] == "1.csv"
    assert len(collected.loads(cast.steward)) == 1


def test_schedule_of_a_source_needs_the_right_to_load(cast, folder):
    with pytest.raises(NotAllowed):
        actions.schedule_pull(by=cast.analyst, source_code="shop", plan=Plan("daily"))
