"""What past campaigns taught, found again when the next one is planned."""
