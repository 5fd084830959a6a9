"""The reports of the locator: availability, use, how things are found. Each declares."""

from . import availability  # noqa: F401  (it declares itself)
