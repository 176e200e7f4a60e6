"""Who counts in which cell after customers were found to be one person."""

from dangol.campaigns.evaluate import actions


def test_a_merged_person_counts_once_and_in_neither_cell_when_drawn_into_both(monkeypatch):
    whole = {1: 1, 2: 1, 3: 3, 4: 4, 5: 4, 6: 6}
    monkeypatch.setattr(actions.identify, "root", lambda ids: {one: whole[one] for one in ids})
    drawn = actions._drawn({"target": [1, 2, 3, 4], "control": [5, 6]})
    assert drawn == [(1, "target"), (3, "target"), (6, "control")]
