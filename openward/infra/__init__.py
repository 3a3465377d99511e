"""What carries it: could serve another project unchanged."""
