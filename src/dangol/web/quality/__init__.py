"""Data quality: the six criteria, rules, who breaks them, the league, programmes and tasks."""
