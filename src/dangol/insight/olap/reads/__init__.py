"""Ask the warehouse: any measures by any dimensions, under conditions, within what the member may see."""

from dangol.insight.olap.reads.answer import Answer, Column, major, plain, texts
from dangol.insight.olap.reads.asking import ask
from dangol.insight.olap.reads.offered import dimensions, label, model, names, resembling, stars
from dangol.insight.olap.reads.opened import View, view

__all__ = [
    "Answer",
    "Column",
    "View",
    "ask",
    "dimensions",
    "label",
    "major",
    "model",
    "names",
    "plain",
    "resembling",
    "stars",
    "texts",
    "view",
]
