"""The reports of the locator: availability, use, how things are found. Each declares."""
