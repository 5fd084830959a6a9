"""The fixed records in which evidence travels: readings and sightings."""

import numpy as np

READING = np.dtype([("tag", "<u4"), ("gateway", "<u4"), ("rssi", "<f4"), ("at", "<f8")])
"""A gateway heard a tag.

`tag` and `gateway` are numbers: database keys on the way to the engine, places in its arrays
inside it. `rssi` in dBm. `at` in seconds since 1970; NaN means "when it arrived".
"""

SIGHTING = np.dtype(
    [("bearer", "<u4"), ("zone", "<u4"), ("at", "<f8"), ("present", "?"), ("weight", "<f4")]
)
"""A person says that a bearer is (`present`) or is not in a zone.

`bearer` and `zone` are places in the engine's arrays. `weight` from 0 to 1: a scan in the room
is 1, an intention (an order, a bed assignment) less.
"""
