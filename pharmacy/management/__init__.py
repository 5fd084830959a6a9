"""Commands of the pharmacy."""
