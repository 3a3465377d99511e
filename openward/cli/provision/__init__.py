"""Set an installation up from one file: read, check the whole, then make whatever is missing."""
