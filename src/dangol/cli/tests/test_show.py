"""What a command prints of its report."""

from dangol.cli import show


def test_a_report_is_read_line_by_line_and_what_is_empty_is_left_out(capsys):
    show.result(
        {
            "load": {"sales": {"read": 1200, "quarantined": 0, "reasons": {}, "notes": []}},
            "boards": {"notes": [{"template": "{rows} rows lie apart.", "params": {"rows": 3}}]},
            "sent": 208,
        },
        as_json=False,
    )
    told = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert told == [["load"], ["sales", "read 1,200, quarantined 0"], ["boards", "notes 3 rows lie apart."],
                    ["sent", "208"]]  # fmt: skip
