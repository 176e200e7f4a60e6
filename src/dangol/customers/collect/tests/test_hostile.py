"""Files made to hurt: each is answered by a sentence, and the good rows beside it still load."""

import csv
import io
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dangol.base.errors import BadInput, TooMuch
from dangol.customers.collect import actions, reads, workbook
from dangol.customers.collect.tests import files
from dangol.work.actions import Quiet

HEAD = b"order_id,customer_key,product_key,sold_at,quantity,amount\n"
ROW = b"1,mina,p1,2026-01-05,1,100\n"
FIELDS = ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")


@pytest.fixture
def load(cast, tmp_path):
    def go(content, reader="csv", name="file"):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        actions.describe_source(
            by=cast.steward, code="s", kind="sales", reader=reader, mapping={name: name for name in FIELDS}
        )
        made = actions.start_load(by=cast.steward, source_code="s", path=path)
        return actions.run_load(Quiet(by=cast.steward), load_id=made)

    return go


class Peak:
    """The most memory (KiB) the parsing child held. getrusage would count what this process was before its exec."""

    most = 0

    def look(self):
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if "collect.parser" in (status.parent / "cmdline").read_text():
                    self.most = max(self.most, int(status.read_text().split("VmHWM:")[1].split()[0]))
            except (OSError, IndexError):
                continue  # it has ended meanwhile


@contextmanager
def peak_of_the_parser():
    peak, over = Peak(), threading.Event()

    def watch():
        while not over.wait(0.02):
            peak.look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield peak
    over.set()
    watcher.join()


def test_giant_line_goes_to_quarantine_with_its_number_and_start_while_other_rows_load(load, cast, tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.write(HEAD + ROW)
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + ROW)
    with peak_of_the_parser() as peak:
        report = load(None)
    assert (report["loaded"], report["quarantined"]) == (2, 1)
    [row] = reads.quarantine(cast.steward).rows
    assert (row.reason, row.line, len(row.cells[""])) == ("line_too_long", 3, 200)
    assert row.params["length"] == 200 << 20
    if Path("/proc/self/status").exists():  # elsewhere nobody tells
        assert 0 < peak.most < 512 * 1024


def test_binary_file_is_told_as_no_text(load):
    with pytest.raises(BadInput, match="no text"):
        load(b"\0\1\2\3" * 1000 + b"\n")


def test_utf16_is_read_and_a_broken_character_costs_its_line_only(load, cast):
    text = (HEAD + ROW).decode() + "2,김민아,p1,2026-01-05,1,100\n"
    data = text.encode("utf-16") + "3,".encode("utf-16-le") + b"\x00\xd8" + ",p1,2026-01-05,1,100\n".encode("utf-16-le")
    report = load(data)
    assert (report["loaded"], report["quarantined"]) == (2, 1)
    assert reads.quarantine(cast.steward).rows[0].params["encoding"] == "UTF-16"


def test_hundred_thousand_columns_are_refused(load):
    with pytest.raises(TooMuch, match="100000 columns, at most 1000"):
        load(b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b"," * 99_999 + b"\n")


def test_open_quote_costs_its_own_line_only(load, cast):
    report = load(HEAD + ROW + b'2,"mina,p1,2026-01-05,1,100\n' + ROW * 500)
    assert (report["loaded"], report["quarantined"]) == (501, 1)
    assert reads.quarantine(cast.steward).rows[0].reason == "open_quote"


def test_quoted_line_break_belongs_to_the_row_even_across_blocks(load, monkeypatch):
    rows = b"".join(b'%d,"mi\nna",p1,2026-01-05,1,100\n' % n for n in range(200_000))
    assert load(HEAD + rows)["loaded"] == 200_000


def test_a_few_lines_of_another_encoding_are_refused_one_by_one(load, cast):
    korean = "2,김민아,p1,2026-01-05,1,100\n"
    report = load(HEAD + korean.encode() * 20 + korean.encode("cp949") + korean.encode() * 20)
    assert (report["loaded"], report["quarantined"]) == (40, 1)
    assert reads.quarantine(cast.steward).rows[0].reason == "wrong_encoding"


def _workbook(path, sheet, compress=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compress) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for piece in sheet:
                file.write(piece)


def test_zip_bomb_is_refused_before_it_is_unpacked(load, tmp_path):
    _workbook(tmp_path / "file", (b"0" * (1 << 20) for _ in range(300)))
    assert (tmp_path / "file").stat().st_size < 1 << 20
    with pytest.raises(TooMuch, match="unpacks to more"):
        load(None, reader="excel")


def test_sheet_of_all_cells_is_refused(load, tmp_path):
    _workbook(tmp_path / "file", [b'<worksheet><dimension ref="A1:XFD1048576"/></worksheet>'])
    with pytest.raises(TooMuch, match="spans more than"):
        load(None, reader="excel")


@pytest.mark.parametrize("reader", ["excel", "parquet"])
def test_half_written_binary_file_is_told(load, reader):
    with pytest.raises(BadInput, match="not whole"):
        load(b"PK\3\4 half" if reader == "excel" else b"PAR1 half", reader=reader)


def test_reader_that_takes_too_long_is_stopped(load, settings, tmp_path):
    settings.DANGOL = replace(settings.DANGOL, parse_seconds=1)
    with (tmp_path / "file").open("wb") as file:
        file.write(HEAD)
        for n in range(300):
            file.write(b"".join(b'%d,"m%d",p1,2026-01-05,1,100\n' % (i, n) for i in range(10_000)))
    with pytest.raises(TooMuch, match="longer than 1 seconds"):
        load(None)


def test_reader_that_needs_too_much_memory_is_stopped(load, settings, tmp_path):
    import pyarrow as pa

    settings.DANGOL = replace(settings.DANGOL, parse_memory_mb=128)
    columns = {name: pa.array(["x" * 2000]).take(pa.array([0] * 100_000)) for name in FIELDS}
    pq.write_table(pa.table(columns), tmp_path / "file", row_group_size=100_000)
    with pytest.raises(TooMuch, match="more than 128 MB of memory"):
        load(None, reader="parquet")


def test_mixed_encodings_nul_and_a_giant_line_cost_their_own_lines_only(load, cast):
    korean = "2,김민아,p1,2026-01-05,1,100\n"
    data = HEAD + korean.encode() * 50 + korean.encode("cp949") + b"3,mi\0na,p1,2026-01-05,1,100\n"
    report = load(data + b"y" * (3 << 20) + b"\n" + korean.encode() * 50)
    assert (report["loaded"], report["quarantined"]) == (100, 3)
    assert {row.reason for row in reads.quarantine(cast.steward).rows} == {"wrong_encoding", "nul", "line_too_long"}


def _archive(path, **parts):
    """A workbook's ZIP with some parts put in or replaced."""
    path.write_bytes(files.workbook([list(FIELDS), ["1", "mina", "p1", "2026-01-05", 1, 100]]))
    with zipfile.ZipFile(path) as archive:
        found = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**found, **parts}.items():
            archive.writestr(name, data)


def test_workbook_without_tricks_loads(load, tmp_path):
    _archive(tmp_path / "file")
    assert load(None, reader="excel")["loaded"] == 1


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml"])
def test_workbook_part_outside_the_workbook_is_refused(tmp_path, name):
    _archive(tmp_path / "file", **{name: b"<x/>"})
    with pytest.raises(BadInput, match="points outside"):
        workbook.inspect(tmp_path / "file")


def test_workbook_with_a_link_is_refused(tmp_path):
    _archive(tmp_path / "file")
    with zipfile.ZipFile(tmp_path / "file", "a") as archive:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="points outside"):
        workbook.inspect(tmp_path / "file")


def test_workbook_with_an_entity_bomb_is_refused(tmp_path):
    bomb = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    _archive(tmp_path / "file", **{"xl/sharedStrings.xml": bomb})
    with pytest.raises(BadInput, match="entities"):
        workbook.inspect(tmp_path / "file")


def test_archive_in_an_archive_is_no_workbook(load, tmp_path):
    with zipfile.ZipFile(tmp_path / "inner", "w") as inner:
        inner.writestr("a.csv", "order_id\n")
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.write(tmp_path / "inner", "inner.zip")
    with pytest.raises(BadInput, match="not whole or no Excel file"):
        load(None, reader="excel")


def test_two_cells_at_the_far_corners_of_a_sheet_do_not_take_the_memory_of_all_between(load, tmp_path):
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    _archive(tmp_path / "file", **{"xl/worksheets/sheet1.xml": sheet})
    with peak_of_the_parser() as peak, pytest.raises((TooMuch, BadInput)):
        load(None, reader="excel")
    assert peak.most < 1024 * 1024


def test_web_page_with_an_excel_name_is_told_as_one(tmp_path):
    (tmp_path / "file").write_bytes(b"<html><table><tr><td>1</td></tr></table></html>")
    with pytest.raises(BadInput, match="web page"):
        workbook.inspect(tmp_path / "file")


FORMULAS = ["=1+1", "+1+1", "-1+cmd", "@x", "\t=1", "\r=1", "＝1", "  =1", "\u200b=1", '=1"&A1']


def test_formulas_in_refused_rows_come_back_from_the_error_file_as_the_same_texts(load, cast, monkeypatch):
    files.parsed_here(monkeypatch)
    names = HEAD.decode().strip().split(",")
    rows = [["9", cell, "p1", "2026-01-05", "x", "-5"] for cell in FORMULAS]
    load(_csv([names, *rows]))
    text = reads.export_quarantine(cast.steward, source_code="s", why="시험")
    names, *exported = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert all(cells[1][0] == "'" and cells[5] == "-5" for cells in exported)
    assert load(_csv([names, *[[*cells[:4], "-1", *cells[5:]] for cells in exported]]))["loaded"] == len(FORMULAS)
    [file] = reads.raw_files("sales")
    assert pq.read_table(file.path)["customer_key"].to_pylist() == [cell.strip() for cell in FORMULAS]


def _csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
