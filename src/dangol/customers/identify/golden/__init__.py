"""The golden record: what every source says of a customer, the rule that chooses per field, and why."""
