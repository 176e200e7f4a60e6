"""Files made to hurt: each is answered by a sentence, and the good rows beside it still load."""

import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dangol.base.errors import BadInput, TooMuch
from dangol.customers.collect import actions, reads
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
    import pyarrow.parquet as pq

    settings.DANGOL = replace(settings.DANGOL, parse_memory_mb=128)
    columns = {name: pa.array(["x" * 2000]).take(pa.array([0] * 200_000)) for name in FIELDS}
    pq.write_table(pa.table(columns), tmp_path / "file", row_group_size=200_000)
    with pytest.raises(TooMuch, match="more than 128 MB of memory"):
        load(None, reader="parquet")
