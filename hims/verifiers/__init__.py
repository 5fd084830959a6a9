"""What the ground verifies: each module registers its verifiers."""

from . import alerts, bed_spaces, flow, house, messages, seals  # noqa: F401  (they register themselves)
