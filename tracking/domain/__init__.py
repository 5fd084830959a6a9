"""What is true of tags and places, worked out from values alone."""
