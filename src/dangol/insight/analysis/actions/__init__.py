"""Set goals; have a report worked out; work out in the cycle what the home page and the usual reports tell."""

from dangol.insight.analysis.actions.answering import run, start
from dangol.insight.analysis.actions.boards import publish
from dangol.insight.analysis.actions.goals import remove_goal, set_goal

__all__ = ["publish", "remove_goal", "run", "set_goal", "start"]
