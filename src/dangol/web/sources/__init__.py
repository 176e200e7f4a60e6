"""Sources, loads, quarantine."""
