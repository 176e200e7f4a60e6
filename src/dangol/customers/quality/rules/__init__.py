"""What good data is: fields, checks that a steward sets, the six criteria, and fair comparison."""
