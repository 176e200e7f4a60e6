"""What changes something here: connections, watched folders and schedules, pushed rows, sites and their events."""

from dangol.customers.collect.feeds.connections import keep_connection, remove_connection, test_connection
from dangol.customers.collect.feeds.events import hear
from dangol.customers.collect.feeds.forgetting import forget
from dangol.customers.collect.feeds.pulling import pull, schedule_pull
from dangol.customers.collect.feeds.pushing import take
from dangol.customers.collect.feeds.sites import keep_site, renew_key

__all__ = [
    "forget", "hear", "keep_connection", "keep_site", "pull", "remove_connection", "renew_key", "schedule_pull", "take",
    "test_connection",
]  # fmt: skip
