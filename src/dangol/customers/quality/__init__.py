"""How good the customer base is, measured."""
