"""How anyone comes in: the same for every wire."""
