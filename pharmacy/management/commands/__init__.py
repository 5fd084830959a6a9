"""Commands of the pharmacy, one a file."""
