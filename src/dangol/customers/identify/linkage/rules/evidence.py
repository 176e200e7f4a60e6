"""Why two records were joined: what each comparison said and what it is worth."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dangol.customers.identify.linkage.rules.comparing import DIFFERENT, SAME, Answers, Comparison

SURE, DOUBTFUL = "sure", "doubtful"
DOUBTFUL_FROM = 0.3
FEW = 200  # of so few records nothing can be learnt that holds: what two records say must be enough by itself
# What a comparison is called to those who show it.
FIELDS = {"given": "first", "place": "postcode"}


def evidence(comparisons: Sequence[Comparison], pair: Mapping[str, Any]) -> str:
    """The waterfall of a pair as JSON: prior and terms add up to its weight, log2 of the odds. No personal values.

    pair: weight, probability and for each comparison its level `l_<name>` (-1 missing) and weights `w_`, `f_<name>`.
    """
    terms = [
        {"field": FIELDS.get(one.name, one.name), "level": one.levels[pair[f"l_{one.name}"]].name,
         "weight": round(pair[f"w_{one.name}"] + pair[f"f_{one.name}"], 3)}
        for one in comparisons if pair[f"l_{one.name}"] >= 0
    ]  # fmt: skip
    prior = pair["weight"] - sum(term["weight"] for term in terms)
    return json.dumps({"probability": round(pair["probability"], 6), "prior": round(prior, 3), "terms": terms})


def verdict(*, joined: bool, probability: float, limit: float, proven: bool = True) -> str:
    """sure where a pair is above the limit, its cluster stands and, of few records, it is proven; the rest waits for
    a person."""
    return SURE if joined and probability >= limit and proven else DOUBTFUL


def proven(comparisons: Sequence[Comparison], pair: Mapping[str, Any]) -> bool:
    """Whether two records show by themselves that they are one person: the same name and one more thing that few
    share (telephone, e-mail or day of birth), with no other day of birth and no other gender."""
    levels = {one.name: pair[f"l_{one.name}"] for one in comparisons}
    answers = Answers(comparisons, levels)
    rare = answers.any_same("phone", "email") or levels.get("birth") == 0  # of a day; a year of birth many share
    named = answers.of("given") == SAME and answers.of("family") in (SAME, "")
    return named and rare and answers.of("birth") in (SAME, "") and answers.of("gender") != DIFFERENT
