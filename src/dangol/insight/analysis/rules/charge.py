"""Who is in charge of a customer, as the warehouse tells it."""

PREFIX = "rep "


def in_charge(rep_id: int | None, rep: str | None) -> int | None:
    """The rep's member id: its own column, or the code the product gives reps; None for nobody or a foreign code."""
    if rep_id is not None:
        return rep_id
    text = (rep or "").removeprefix(PREFIX)
    return int(text) if rep and rep.startswith(PREFIX) and text.isascii() and text.isdecimal() else None


def rep_path(rep: int) -> str:
    """Under which path a rep's board is kept; those of units begin with a slash."""
    return f"rep/{rep}"
