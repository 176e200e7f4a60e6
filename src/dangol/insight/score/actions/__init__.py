"""Score all customers at every month end, publish a scheme, rewrite a strategy."""

from dangol.insight.score.actions.schemes import give_scheme, save_scheme, use_scheme_again, withdraw_scheme
from dangol.insight.score.actions.scoring import run, run_job, scoring_days
from dangol.insight.score.actions.strategies import set_strategy, use_strategy_again

__all__ = [
    "give_scheme", "run", "run_job", "save_scheme", "scoring_days", "set_strategy", "use_scheme_again",
    "use_strategy_again", "withdraw_scheme",
]  # fmt: skip
