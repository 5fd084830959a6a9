"""The reports of the locator: availability, use, how things are found. Each declares."""

from . import availability, found, positioning, utilisation  # noqa: F401  (they declare themselves)
