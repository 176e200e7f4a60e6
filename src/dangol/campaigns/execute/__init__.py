"""Launch: frozen targets and control group, sending, tracking."""
