"""The reports of the locator: availability, use, how well things are found. Each module declares."""
