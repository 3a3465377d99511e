"""Bringing a person's data in from files, and taking them out again."""
