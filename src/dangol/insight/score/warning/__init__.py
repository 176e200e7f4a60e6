"""Early warning: which customers fell since a day, how many of whom, and where they fall fastest."""
