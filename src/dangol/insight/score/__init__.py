"""RFM: scores, segments, the strategy map and how customers moved between segments."""
