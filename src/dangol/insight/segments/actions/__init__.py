"""Build, save, copy, freeze and put away segments; work live ones out anew in each cycle."""

from dangol.insight.segments.actions.backfilling import fill_past, run_past
from dangol.insight.segments.actions.drafts import discard_draft, edit_draft, step_draft
from dangol.insight.segments.actions.freezing import freeze, freeze_for, let_go, run_freeze, sweep
from dangol.insight.segments.actions.listing import again, copy, create_static, forget, prune, run_list, upload
from dangol.insight.segments.actions.making import archive, create, restore, update
from dangol.insight.segments.actions.working import follow, refresh, run

__all__ = [
    "again", "archive", "copy", "create", "create_static", "discard_draft", "edit_draft", "fill_past", "follow",
    "forget", "freeze", "freeze_for", "let_go", "prune", "refresh", "restore", "run", "run_freeze", "run_list",
    "run_past", "step_draft", "sweep", "update", "upload",
]  # fmt: skip
