"""Template tags of the pharmacy."""
