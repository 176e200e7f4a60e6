"""One key per customer: source keys, named and un-named customers, and their published standing."""
