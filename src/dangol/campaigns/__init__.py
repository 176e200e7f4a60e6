"""From aim to lesson: knowledge <- plan <- execute <- evaluate."""
