"""Groups the data show: saved groupings, one grouping, one group with its customers."""
