"""The star of facts and dimensions, kept as immutable snapshots."""
