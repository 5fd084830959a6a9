"""What the first floor remembers."""

from .assets import Asset, AssetKind, Reservation

__all__ = ["Asset", "AssetKind", "Reservation"]
