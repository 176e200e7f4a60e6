"""Jobs that start by the clock: once for each due time, whatever workers and clocks do."""
