"""Two who may be one: proposed pairs, merging and parting, claims of un-named customers, households."""
