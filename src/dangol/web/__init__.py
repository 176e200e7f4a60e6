"""The web door: parse, call an action or a read, show."""
