"""Score all customers at every month end and on days asked for, publish a scheme, rewrite a strategy."""

from dangol.insight.score.actions.days import days_under_way, run_days, score_days, start_days
from dangol.insight.score.actions.schemes import give_scheme, save_scheme, use_scheme_again, withdraw_scheme
from dangol.insight.score.actions.scoring import run, run_job, scoring_days
from dangol.insight.score.actions.strategies import set_strategy, use_strategy_again

__all__ = [
    "days_under_way", "give_scheme", "run", "run_days", "run_job", "save_scheme", "score_days", "scoring_days",
    "set_strategy", "start_days", "use_scheme_again", "use_strategy_again", "withdraw_scheme",
]  # fmt: skip
