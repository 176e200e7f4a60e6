"""The demonstration: real purchases, generated people, one full cycle."""
