"""What the world says: one folder per foreign system, both directions, none knows another."""
