"""Runs that survive: what is done is kept, whatever stops them, and one bad file costs itself."""
