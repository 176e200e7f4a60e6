"""Where data comes in by itself: databases, folders, pushes and web events, on a schedule."""
