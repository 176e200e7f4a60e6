"""Ask the warehouse: any measures by any dimensions, under conditions, within what the member may see."""

from dangol.insight.olap.reads.answer import Answer, Column, major, plain, said, texts
from dangol.insight.olap.reads.asking import ask
from dangol.insight.olap.reads.offered import dimensions, dimensions_in, label, model, names, resembling, stars
from dangol.insight.olap.reads.opened import View, view

__all__ = [
    "Answer",
    "Column",
    "View",
    "ask",
    "dimensions",
    "dimensions_in",
    "label",
    "major",
    "model",
    "names",
    "plain",
    "resembling",
    "said",
    "stars",
    "texts",
    "view",
]
