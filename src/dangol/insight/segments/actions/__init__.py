"""Build, save, copy, freeze and put away segments; work live ones out anew in each cycle."""

from dangol.insight.segments.actions.drafts import discard_draft, edit_draft, step_draft
from dangol.insight.segments.actions.freezing import freeze, freeze_for, let_go, run_freeze
from dangol.insight.segments.actions.making import archive, copy, create, create_static, restore, update, upload
from dangol.insight.segments.actions.working import follow, refresh, run

__all__ = [
    "archive", "copy", "create", "create_static", "discard_draft", "edit_draft", "follow", "freeze", "freeze_for",
    "let_go", "refresh", "restore", "run", "run_freeze", "step_draft", "update", "upload",
]  # fmt: skip
