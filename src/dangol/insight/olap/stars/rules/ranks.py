"""The ranks of a description: customers, or whatever a column names, by what they make."""

from collections.abc import Mapping
from dataclasses import dataclass

from dangol.base.errors import BadInput
from dangol.insight.olap.rules import Measure
from dangol.insight.olap.stars.rules.figures import Ground
from dangol.insight.olap.stars.rules.part import Part
from dangol.insight.olap.stars.rules.shape import RANKS


@dataclass(frozen=True)
class Ranks:
    """Filled in while the dimensions are read. kinds: dimension -> one of RANKS; parts: dimension -> its settings."""

    kinds: dict[str, str]
    parts: dict[str, Part]

    def add(self, name: str, part: Part) -> None:
        """Keep one. Raises BadInput."""
        self.kinds[name] = part.one_of("rank", part.need("rank", str), RANKS)
        part.need("rank_by", str)
        if {"parent", "part"} & part.data.keys():
            raise BadInput("{place}: a rank has neither parent nor part.", field="file", place=part.place)
        self.parts[name] = part

    def measure(self, ground: Ground, measures: Mapping[str, Measure], parts: Mapping[str, Part]) -> str:
        """The measure that all are ranked by; empty where there are none. Raises BadInput."""
        chosen = ""
        for part in self.parts.values():
            name = part.one_of("rank_by", part.data["rank_by"], list(ground.figures))
            fact = ground.facts[ground.figures[name].fact]
            added = (
                ground.figures[name].way in ("sum", "count")
                and measures[name].additive
                and not parts[name].data.get("where")
            )
            if not added or part.data["table"] not in {fact.table, *fact.paths}:
                raise BadInput("{place}: rank_by names a sum or count without where, of a fact that leads to the "
                               "table.", field="file",
                               place=part.place)  # fmt: skip
            if chosen not in ("", name):
                raise BadInput("{place}: all ranks of a star are by the same measure, {name}.", field="file",
                               place=part.place, name=chosen)  # fmt: skip
            chosen = name
        return chosen
