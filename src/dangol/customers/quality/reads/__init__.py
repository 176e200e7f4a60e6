"""Looks at quality: scores and their trend, rules, who breaks them, the league, programmes, findings.

Everything is bounded by the rights and the scope of who asks.
"""

from dangol.customers.quality.reads.issues import Issue, IssuePage, issue_count, issues
from dangol.customers.quality.reads.league import League, league
from dangol.customers.quality.reads.programmes import (
    PAGE,
    Progress,
    TaskView,
    may_have_tasks,
    open_tasks,
    programme,
    programmes,
    running_programmes,
    tasks,
)
from dangol.customers.quality.reads.ruling import Preview, Version, history, preview, rule, rules, rules_in_force
from dangol.customers.quality.reads.scores import (
    Board,
    Group,
    Point,
    RuleLine,
    Told,
    board,
    findings,
    groups,
    rule_lines,
)

__all__ = [
    "PAGE",
    "Board",
    "Group",
    "Issue",
    "IssuePage",
    "League",
    "Point",
    "Preview",
    "Progress",
    "RuleLine",
    "TaskView",
    "Told",
    "Version",
    "board",
    "findings",
    "groups",
    "history",
    "issue_count",
    "issues",
    "league",
    "may_have_tasks",
    "open_tasks",
    "preview",
    "programme",
    "programmes",
    "rule",
    "rule_lines",
    "rules",
    "rules_in_force",
    "running_programmes",
    "tasks",
]  # fmt: skip
